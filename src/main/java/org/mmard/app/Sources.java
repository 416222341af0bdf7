package org.mmard.app;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.step.Teacher;

/** What runs learn from. Each is read once, however many runs of a command share it. */
final class Sources {
    private final Configuration hadoop;
    private final Map<Settings.Data, ImageSet> training = new HashMap<>();
    private final Map<String, Teacher> teachers = new HashMap<>();
    private final Set<String> expected = new HashSet<>();

    Sources(Configuration hadoop) {
        this.hadoop = hadoop;
    }

    Configuration hadoop() {
        return hadoop;
    }

    /** Images in the place of those that lie where the settings say. */
    void provide(Settings.Data data, ImageSet images) {
        training.put(data, images);
    }

    /** @throws org.mmard.failure.InputError where there is no such data */
    ImageSet training(Settings.Data data) {
        return training.computeIfAbsent(data, asked -> DataSources.open(asked.uri(), hadoop).train(asked.examples()));
    }

    /**
     * Lets what this run has yet to train stand in for its model, so that whoever will learn from it can be checked before.
     *
     * @param uri where the model will be
     */
    void expect(String uri, TrainingInputs run) {
        teachers.put(uri, run.untrained(uri));
        expected.add(uri);
    }

    /** Whether what {@link #teacher} gives is no model yet. */
    boolean expects(@Nullable String uri) {
        return expected.contains(uri);
    }

    /** The model is there. */
    void arrived(String uri) {
        if (expected.remove(uri)) {
            teachers.remove(uri);
        }
    }

    /** @throws org.mmard.failure.InputError where there is no such model */
    Teacher teacher(String uri) {
        return teachers.computeIfAbsent(uri, asked -> Teacher.read(asked, hadoop));
    }
}
