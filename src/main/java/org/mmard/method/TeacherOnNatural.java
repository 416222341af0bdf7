package org.mmard.method;

import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.LinearisedTeacher;
import org.mmard.engine.Classifier;
import org.mmard.loss.Prediction;
import org.mmard.loss.Predictions;

/**
 * What a teacher says of a batch before it is attacked: both the attack and the outer loss may read it. Lives no longer than the scope it
 * was made in.
 *
 * @param predictions labels, and T(x) where it is read
 * @param linearised T~, which answers at x', or null where nothing reads it
 */
public record TeacherOnNatural(Predictions predictions, @Nullable Classifier linearised) {
    /**
     * @param reads what is going to be read
     * @param teacher may be null where none of it is a teacher's
     * @param natural x, shape [examples, channels, height, width]
     * @param linearisation factor of the linear term of T~
     */
    public static TeacherOnNatural of(Set<Prediction> reads, @Nullable Classifier teacher, Tensor natural, int[] labels,
            double linearisation) {
        Predictions predictions = new Predictions(labels);
        if (reads.contains(Prediction.TEACHER_LINEARISED)) {
            LinearisedTeacher linearised = new LinearisedTeacher(asked(teacher), natural, labels, linearisation);
            return new TeacherOnNatural(predictions.with(Prediction.TEACHER_NATURAL, linearised.atNatural()), linearised);
        }
        return new TeacherOnNatural(reads.contains(Prediction.TEACHER_NATURAL)
                ? predictions.with(Prediction.TEACHER_NATURAL, asked(teacher).logits(natural)) : predictions, null);
    }

    private static Classifier asked(@Nullable Classifier teacher) {
        return Objects.requireNonNull(teacher, "the method reads a teacher, and there is none");
    }
}
