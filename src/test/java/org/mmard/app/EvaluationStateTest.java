package org.mmard.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.attack.Outcome;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.files.Folder;

class EvaluationStateTest {
    private static final ImageSet IMAGES =
            new ImageSet(ImageShape.CIFAR, new byte[2 * ImageShape.CIFAR.size()], new byte[2], List.of("a", "b"));

    @TempDir
    private Path folder;

    private EvaluationState open(double epsilon) {
        return EvaluationState.open(Folder.at(folder.toString(), new Configuration(false)),
                EvaluationState.identity("model", IMAGES, epsilon, 0), IMAGES.size(), IMAGES.classes(), false);
    }

    @Test
    void attacksWithStepSizesInTheirNamesAreFoundAgain() {
        open(8 / 255.0).add("pgd50@2/255x3", new Outcome(new int[] {0, 1}, new int[] {0, 1}, new boolean[] {true, false}, 1), null);
        EvaluationState state = open(8 / 255.0);
        assertEquals(1, state.known("pgd50@2/255x3").right());
        state.delete();
        assertEquals(0, open(8 / 255.0).size());
    }

    @Test
    void whatWasFoundOutInOneBallIsNotKnownInAnother() {
        open(8 / 255.0).add("pgd20", new Outcome(new int[] {0, 1}, new int[] {0, 1}, new boolean[] {true, false}, 1), null);
        assertEquals(2, open(8 / 255.0).size());
        assertEquals(0, open(4 / 255.0).size());
    }
}
