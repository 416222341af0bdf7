package org.mmard.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShapesTest {
    @Test
    void isDecidedBySeedPartAndRecordAlone() {
        ImageSet large = Shapes.train(40, 3);
        assertEquals(large.first(15).checksum(), Shapes.train(15, 3).checksum());
        assertNotEquals(large.checksum(), Shapes.train(40, 4).checksum());
        assertNotEquals(large.checksum(), Shapes.test(40, 3).checksum());
    }

    /** Data made elsewhere, or by an earlier build, must be the same data: raise the generator's version where this has to change. */
    @Test
    void pinsItsImages() {
        assertEquals("184aa78bdaba354c4e5399d5c3f3e88e9dc06b186c8b81bfbbb22c4b2657e58e", Shapes.train(20, 1).checksum());
    }

    @Test
    void everyRecordIsAnotherImage() {
        ImageSet set = Shapes.train(300, 1);
        long distinct = IntStream.range(0, 300).mapToObj(record -> set.select(new int[] {record}).checksum()).distinct().count();
        assertEquals(300, distinct);
    }

    @Test
    void balancesItsClasses() {
        assertEquals(10, Shapes.train(10, 1).classes());
        int[] counts = ImageStatistics.of(Shapes.train(207, 1)).counts();
        for (int c = 0; c < 10; c++) {
            assertEquals(c < 7 ? 21 : 20, counts[c]);
        }
    }

    /** The colour of a figure and of what is behind it must not tell the class: no class's mean colour stands apart. */
    @Test
    void colourSaysNothingAboutTheClass() {
        ImageSet set = Shapes.train(2000, 1);
        double[][] mean = new double[10][3];
        double[] overall = ImageStatistics.of(set).mean();
        for (int record = 0; record < set.size(); record++) {
            for (int i = 0; i < ImageShape.CIFAR.size(); i++) {
                mean[set.label(record)][i / 1024] += set.value(record, i) / 255.0 / 1024 / 200;
            }
        }
        // An image's mean colour has a standard deviation of about 0.2, a class's of 200 images about 0.014.
        for (double[] ofClass : mean) {
            for (int channel = 0; channel < 3; channel++) {
                assertEquals(overall[channel], ofClass[channel], 0.07);
            }
        }
    }

    @Test
    void figuresAreOfAboutTheSameAreaAndStayInTheirCircle() {
        for (ShapeForm form : ShapeForm.values()) {
            int inside = 0;
            for (int i = 0; i < 600; i++) {
                for (int j = 0; j < 600; j++) {
                    double x = (i + 0.5) / 200 - 1.5;
                    double y = (j + 0.5) / 200 - 1.5;
                    if (form.contains(x, y)) {
                        inside++;
                        assertTrue(Math.hypot(x, y) < 1.35, form + " reaches (" + x + ", " + y + ")");
                    }
                }
            }
            double area = inside / 40_000.0;
            assertTrue(area > 1.1 && area < 2.5, form + " has area " + area);
        }
    }

    /**
     * However the colours fall, the figure must survive an attack of radius 8/255: pixels of any image differ by far more than noise and
     * texture do.
     */
    @Test
    void figuresStandOutFromTheirBackground() {
        ImageSet set = Shapes.train(300, 2);
        for (int record = 0; record < set.size(); record++) {
            double spread = 0;
            for (int channel = 0; channel < 3; channel++) {
                int[] values = new int[1024];
                for (int i = 0; i < 1024; i++) {
                    values[i] = set.value(record, channel * 1024 + i);
                }
                Arrays.sort(values);
                spread += (values[1024 - 40] - values[40]) / 3.0;
            }
            assertTrue(spread > 40, "record " + record + " has a spread of " + spread + " of 255");
        }
    }
}
