package org.mmard.verify;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code manifest.json} of a fixture says.
 *
 * @param shapes of every array, by name
 * @param batch how many images
 * @param epsilon radius of the attacks' ball, in [0, 1] image units
 * @param stepSize in the same unit
 * @param steps of each attack
 * @param studentWidth channels of the student's first convolution; its second has twice as many
 * @param teacherWidth the same of the teacher
 * @param triangleSmoothing delta of the triangle's side lengths, or null where the manifest has none
 * @param methods in the order of the file
 */
record Manifest(
        Map<String, int[]> shapes, int batch, int classes, double epsilon, double stepSize, int steps, int studentWidth, int teacherWidth,
        @Nullable Double triangleSmoothing, List<Entry> methods) {

    /**
     * One method in the fixture's own words.
     *
     * @param attack prefix of the attack's arrays
     * @param forwards of the outer loss in train mode: adv, nat, minus
     */
    record Entry(
            String name, String inner, String outer, Map<String, Object> params, String attack, String start, boolean clipStart,
            String batchNorm,
            List<String> forwards) {}
}
