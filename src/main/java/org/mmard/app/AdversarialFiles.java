package org.mmard.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.mmard.attack.Attacks;
import org.mmard.attack.Evaluation;
import org.mmard.attack.Robustness;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.files.Folder;
import org.mmard.files.Npy;

/**
 * The adversarial examples of an evaluation as files, one pair for each attack: {@code adversarial-NAME.npy}, float32 of shape [examples,
 * channels, height, width] in [0, 1], and {@code adversarial-NAME.bin}, CIFAR's binary layout with the true labels, where values are
 * rounded to bytes: a record has one label byte, or a zero and a label byte where there are more than ten classes, and then its planes. An
 * example that was broken is the image that broke it (x itself where the model was wrong without an attack), a robust one what the last
 * attack left.
 */
final class AdversarialFiles {
    private static final int CIFAR_10_CLASSES = 10;

    private final Evaluation evaluation;
    private final EvaluationState state;
    private final ImageSet images;

    AdversarialFiles(Evaluation evaluation, EvaluationState state, ImageSet images) {
        this.evaluation = evaluation;
        this.state = state;
        this.images = images;
    }

    /** Writes them all; returns their URIs. */
    List<String> write(Folder directory) {
        List<String> written = new ArrayList<>();
        evaluation.attacks().forEach((name, robustness) -> {
            // One attack knows a name for files: a transferred one's says its source by a checksum, and no path.
            String called = EvaluationState.inFileNames(robustness.stages().size() == 1 ? robustness.stages().get(0).attack() : name);
            String floats = "adversarial-" + called + ".npy";
            String bytes = "adversarial-" + called + ".bin";
            directory.write(floats, out -> floats(robustness, out));
            directory.write(bytes, out -> bytes(robustness, out));
            written.add(directory.uri(floats));
            written.add(directory.uri(bytes));
        });
        return written;
    }

    private void floats(Robustness robustness, OutputStream out) throws IOException {
        ImageShape shape = images.shape();
        Npy.write(out, new int[] {images.size(), shape.channels(), shape.height(), shape.width()},
                (record, pixels) -> image(robustness, record, pixels));
    }

    private void bytes(Robustness robustness, OutputStream out) throws IOException {
        // CIFAR-100 has a coarse class before the label. It is not known here: 0.
        int labelBytes = images.classes() > CIFAR_10_CLASSES ? 2 : 1;
        byte[] row = new byte[labelBytes + images.shape().size()];
        float[] pixels = new float[images.shape().size()];
        for (int record = 0; record < images.size(); record++) {
            image(robustness, record, pixels);
            row[labelBytes - 1] = (byte) images.label(record);
            for (int i = 0; i < pixels.length; i++) {
                row[labelBytes + i] = (byte) Math.round(255 * pixels[i]);
            }
            out.write(row);
        }
    }

    private void image(Robustness robustness, int record, float[] pixels) {
        String by = robustness.brokenBy()[record];
        if (Attacks.CLEAN.equals(by)) {
            images.floats(record, pixels, 0);
        } else {
            state.image(by == null ? robustness.stages().get(robustness.stages().size() - 1).attack() : by, record, pixels);
        }
    }
}
