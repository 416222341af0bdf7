package org.mmard.app;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.data.Split;
import org.mmard.failure.InputError;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;
import org.mmard.model.ModelFile;
import org.mmard.model.Outline;
import org.mmard.run.Checkpoints;
import org.mmard.run.Provenance;
import org.mmard.step.RateSchedules;
import org.mmard.step.Teacher;

/**
 * All that a run reads before it starts, checked against one another.
 *
 * @param images the training set
 * @param teacher null where the method needs none
 * @param fresh the student as a new run starts with it
 */
public record TrainingInputs(Settings settings, ImageSet images, Split split, @Nullable Teacher teacher, ComputationGraph fresh) {
    /** @throws InputError for the first thing that is missing, damaged or does not fit the rest */
    static TrainingInputs read(ResolvedSettings resolved, Sources sources) {
        Settings settings = resolved.settings();
        boolean needsTeacher = needsTeacher(settings);
        String model = needsTeacher ? settings.teacher().model() : null;
        if (needsTeacher && model == null) {
            throw resolved.refusal("teacher.model",
                    "inner objective " + settings.method().inner() + " with outer loss " + settings.method().outer()
                            + " needs a teacher: give its model file");
        }
        Architectures.of(settings.student().architecture(), 2, 0);
        requireSchedule(resolved);
        Teacher teacher = model == null ? null : sources.teacher(model);
        ImageSet images = sources.training(settings.data());
        if (teacher != null && teacher.classes() != images.classes()) {
            throw resolved.refusal("teacher.model", "the teacher " + teacher.uri() + " tells " + teacher.classes() + " classes apart, "
                    + settings.data().uri() + " has " + images.classes());
        }
        if (teacher != null && !teacher.shape().equals(images.shape())) {
            throw resolved.refusal("teacher.model", "the teacher " + teacher.uri() + " is for images of " + teacher.shape() + ", those of "
                    + settings.data().uri() + " are " + images.shape());
        }
        Split split = Split.of(images, settings.validation().examples(), settings.run().seed());
        TrainingInputs inputs = new TrainingInputs(settings, images, split, teacher, student(resolved, images, sources.hadoop()));
        inputs.requireBatches(resolved);
        return inputs;
    }

    /** Whether the method reads what a teacher says. */
    static boolean needsTeacher(Settings settings) {
        return Methods.of(settings.method(), TrainingProgress.end(settings.training().epochs())).needsTeacher();
    }

    private static void requireSchedule(ResolvedSettings resolved) {
        try {
            RateSchedules.of(resolved.settings().training());
        } catch (InputError e) {
            throw resolved.refusal("training.schedule", e.getMessage());
        }
    }

    /**
     * Whether every executor has a batch to train on, and every batch norm two values or more: of one, the variance is 0 and the output
     * says nothing of the image.
     */
    private void requireBatches(ResolvedSettings resolved) {
        int examples = split.training().length;
        int batch = settings.training().batch();
        if (batchesPerEpoch() < settings.cluster().executors()) {
            throw resolved.refusal("cluster.executors",
                    "cluster.executors = " + settings.cluster().executors() + ": " + examples + " training images in batches of "
                            + batch + " leave some executors without a batch; lower cluster.executors or training.batch");
        }
        if (batch > 1 && examples % batch != 1) {
            return;
        }
        Outline outline = Outline.of(fresh.getConfiguration(), images.shape());
        outline.rows().stream().filter(TrainingInputs::seesOneValueOfAnImage).findFirst().ifPresent(norm -> {
            String where = batch == 1 ? "each batch" : "the last batch of an epoch, after " + examples / batch + " of " + batch + ",";
            throw resolved.refusal("training.batch",
                    "training.batch = " + batch + ": " + where + " has one image, of which batch norm " + norm.vertex()
                            + " of " + settings.student().architecture()
                            + " sees one value, too few for a variance; choose another training.batch, or hold out another number"
                            + " of images by validation.examples");
        });
    }

    private static boolean seesOneValueOfAnImage(Outline.Row row) {
        return row.statistics() > 0 && row.shape().stream().skip(1).allMatch(size -> size == 1);
    }

    private static ComputationGraph student(ResolvedSettings resolved, ImageSet images, Configuration hadoop) {
        Settings.Student asked = resolved.settings().student();
        int classes = images.classes();
        long seed = resolved.settings().run().seed();
        if (asked.initial() == null) {
            return Architectures.network(asked.architecture(), images.shape(), classes, seed);
        }
        ModelFile.Model initial = ModelFile.read(asked.initial(), hadoop);
        if (!initial.metadata().architecture().equals(asked.architecture()) || initial.metadata().classNames().size() != classes) {
            throw resolved.refusal("student.initial", asked.initial() + " is a " + initial.metadata().architecture() + " for "
                    + initial.metadata().classNames().size() + " classes, the student is a " + asked.architecture() + " for " + classes);
        }
        if (!initial.metadata().shape().equals(images.shape())) {
            throw resolved.refusal("student.initial", asked.initial() + " is for images of " + initial.metadata().shape() + ", those of "
                    + resolved.settings().data().uri() + " are " + images.shape());
        }
        ComputationGraph student = Architectures.networkLike(initial.graph(), asked.architecture(), images.shape(), classes, seed);
        student.params().assign(initial.graph().params());
        return student;
    }

    /** The student to train: that of a checkpoint with its velocity, or a fresh one, which may be needed again. */
    ComputationGraph student(Optional<Checkpoints.Checkpoint> checkpoint) {
        return checkpoint.map(Checkpoints.Checkpoint::student).orElseGet(fresh::clone);
    }

    /** The fresh student as a teacher, for what can be checked of that before the student is trained. */
    Teacher untrained(String uri) {
        return new Teacher(uri, "yet to come", settings.student().architecture(), images.shape(), images.classes(),
                fresh.getConfiguration().toJson(), fresh.params().toFloatVector());
    }

    Provenance.Source data() {
        return new Provenance.Source(settings.data().uri(), images.checksum());
    }

    Provenance.@Nullable Source teacherSource() {
        return teacher == null ? null : new Provenance.Source(teacher.uri(), teacher.sha256());
    }

    /** How many minibatches all executors train together in an epoch, the last and perhaps smaller one included. */
    public int batchesPerEpoch() {
        int batch = settings.training().batch();
        return (split.training().length + batch - 1) / batch;
    }

    /** What every checkpoint says about itself. */
    ModelFile.Metadata metadata(Map<String, String> versions) {
        Map<String, String> provenance = new LinkedHashMap<>(versions);
        provenance.put("inner", settings.method().inner());
        provenance.put("outer", settings.method().outer());
        provenance.put("seed", Long.toString(settings.run().seed()));
        provenance.put("data-sha256", images.checksum());
        if (teacher != null) {
            provenance.put("teacher", teacher.uri());
            provenance.put("teacher-sha256", teacher.sha256());
        }
        return new ModelFile.Metadata(settings.student().architecture(), images.shape(), images.classNames(), settings.data().uri(),
                provenance);
    }
}
