package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mmard.failure.InputError;

class SplitTest {
    private static final ImageSet SET = ImageSetTest.counting(100);

    @Test
    void partsAreDisjointAndTogetherTheWholeSet() {
        Split split = Split.of(SET, 17, 1);
        assertEquals(17, split.validation().length);
        int[] both = IntStream.concat(IntStream.of(split.training()), IntStream.of(split.validation())).sorted().toArray();
        assertArrayEquals(IntStream.range(0, 100).toArray(), both);
    }

    @Test
    void everyClassGivesItsShare() {
        Split split = Split.of(SET, 31, 1);
        for (int c = 0; c < 3; c++) {
            int label = c;
            long held = IntStream.of(split.validation()).filter(record -> SET.label(record) == label).count();
            assertTrue(held == 10 || held == 11, "class " + c + " gave " + held);
        }
    }

    @Test
    void isDecidedByTheSeed() {
        assertArrayEquals(Split.of(SET, 20, 1).validation(), Split.of(SET, 20, 1).validation());
        assertFalse(Arrays.equals(Split.of(SET, 20, 1).validation(), Split.of(SET, 20, 2).validation()));
    }

    @Test
    void refusesToLeaveNothingToTrainOn() {
        assertEquals(0, Split.of(SET, 0, 1).validation().length);
        InputError error = assertThrows(InputError.class, () -> Split.of(SET, 100, 1));
        assertTrue(error.getMessage().startsWith("validation.examples = 100"), error.getMessage());
    }
}
