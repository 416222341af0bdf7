package org.mmard.app;

import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.mmard.config.Settings;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.step.Teacher;

/** What runs learn from. Each is read once, however many runs of a command share it. */
final class Sources {
    private final Configuration hadoop;
    private final Map<Settings.Data, ImageSet> training = new HashMap<>();
    private final Map<String, Teacher> teachers = new HashMap<>();

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

    /** @throws org.mmard.failure.InputError where there is no such model */
    Teacher teacher(String uri) {
        return teachers.computeIfAbsent(uri, asked -> Teacher.read(asked, hadoop));
    }
}
