package org.mmard.report;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attack;
import org.mmard.attack.Attacks;
import org.mmard.data.DataSource;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.model.ModelFile;

/**
 * Makes the images of a report's runs: reads data and networks, and attacks the students with PGD-20 in the ball that they were trained
 * for.
 */
final class ContactSheets {
    private static final String ATTACK = "pgd20";

    private final Report.Pictures pictures;
    private final Consumer<String> told;
    /** Runs of one report mostly share their data. */
    private final Map<String, ImageSet> images = new HashMap<>();

    ContactSheets(Report.Pictures pictures, Consumer<String> told) {
        this.pictures = pictures;
        this.told = told;
    }

    /**
     * A run with its images. Where they cannot be made, for the data or the model is no longer where it was, the view says why.
     *
     * @throws InputError where the place of the data that the user gave is wrong
     */
    RunView view(RecordedRun run, String id) {
        if (pictures.examples() == 0 || run.model().isEmpty()) {
            return RunView.of(run, id, null, null);
        }
        Configuration hadoop = run.directory().hadoop();
        ImageSet test;
        ModelFile.Model student;
        try {
            if (pictures.data() == null) {
                requireNear(run, run.settings().data().uri());
            }
            test = test(pictures.data() == null ? run.settings().data().uri() : pictures.data(), hadoop);
            student = ModelFile.read(run.model().get(), hadoop);
            student.requireFit(run.model().get(), test, pictures.data() == null ? run.settings().data().uri() : pictures.data());
        } catch (InputError e) {
            if (pictures.data() != null) {
                throw e;
            }
            return RunView.of(run, id, null, e.getMessage());
        }
        ModelFile.Model teacher = teacher(run, test, hadoop);
        told.accept(run.name() + ": attacking " + Math.min(pictures.examples(), test.size()) + " images");
        LibTorch.threads(1);
        try (Frozen frozenStudent = new Frozen(student); Frozen frozenTeacher = teacher == null ? null : new Frozen(teacher)) {
            Attack attack = Attacks.single(ATTACK, run.settings().attack().epsilon());
            ContactSheet sheet =
                    ContactSheet.of(test, frozenStudent.classifier, frozenTeacher == null ? null : frozenTeacher.classifier, attack,
                            pictures.examples(), pictures.seed());
            return RunView.of(run, id, sheet, null);
        }
    }

    private ImageSet test(String uri, Configuration hadoop) {
        return images.computeIfAbsent(uri, asked -> DataSources.open(asked, hadoop).test(DataSource.ALL));
    }

    /**
     * What a run's files name may be anywhere: looking at somebody else's run must not send this process about, unless that was asked for.
     */
    private void requireNear(RecordedRun run, String named) {
        URI place;
        try {
            place = new Path(named).toUri();
        } catch (IllegalArgumentException e) {
            throw new InputError(named + ": not a path or URI", e);
        }
        URI own = new Path(run.directory().uri()).toUri();
        boolean local = place.getScheme() == null || place.getScheme().equals("file");
        boolean beside = Objects.equals(place.getScheme(), own.getScheme()) && Objects.equals(place.getAuthority(), own.getAuthority());
        if (!local && !beside && !pictures.fetch()) {
            throw new InputError(named + " lies on another filesystem than the run, and --fetch was not given");
        }
    }

    /** The teacher, or null where there is none to be had. */
    private ModelFile.@Nullable Model teacher(RecordedRun run, ImageSet test, Configuration hadoop) {
        if (run.provenance().teacher() == null) {
            return null;
        }
        try {
            requireNear(run, run.provenance().teacher().uri());
            ModelFile.Model teacher = ModelFile.read(run.provenance().teacher().uri(), hadoop);
            boolean fits = teacher.metadata().classNames().size() == test.classes() && teacher.metadata().shape().equals(test.shape());
            return fits ? teacher : null;
        } catch (InputError e) {
            told.accept(run.name() + ": without its teacher's predictions, for " + e.getMessage());
            return null;
        }
    }

    /** A network while it is looked at. */
    private static final class Frozen implements AutoCloseable {
        private final TorchNetwork network;
        private final Classifier classifier;

        Frozen(ModelFile.Model model) {
            network = new TorchNetwork(model.graph());
            classifier = network.freeze(CompilePasses.ALL);
        }

        @Override
        public void close() {
            classifier.close();
            network.close();
        }
    }
}
