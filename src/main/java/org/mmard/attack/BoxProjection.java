package org.mmard.attack;

/**
 * The shortest way, in the L-infinity norm, from a point of the box [0, 1]^n to a hyperplane, without leaving the box.
 *
 * <p>Every value moves towards the plane, along the sign of its weight, by the same length l or by as much room as it has, if that is less:
 * the way covers g(l) = sum_i |w_i| min(l, room_i), which rises, piecewise linear and concave. Newton's method on g(l) = gap, begun at 0,
 * therefore climbs to the root without passing it and arrives after finitely many steps. That is a few passes over the values, where
 * sorting them by room costs much more.
 */
final class BoxProjection {
    private BoxProjection() {}

    /**
     * Writes d, the least change of z in the L-infinity norm for which w.(z + d) = b and z + d in [0, 1]. Where no point of the box
     * lies on the plane, d goes as far towards it as the box lets it. Values of weight 0 stay.
     *
     * @param z point
     * @param w normal
     * @param from where both begin
     * @param length how many values they have
     * @param b offset of the plane
     * @param d receives the change, from 0 on
     * @return max |d_i|
     */
    static float project(float[] z, float[] w, int from, int length, double b, float[] d) {
        double gap = -b;
        for (int i = from; i < from + length; i++) {
            gap += (double) w[i] * z[i];
        }
        // Below the plane the values go up along w, above it down.
        boolean down = gap >= 0;
        for (int i = 0; i < length; i++) {
            float weight = down ? w[from + i] : -w[from + i];
            // For now the room that the value has, with the sign of its way.
            d[i] = weight > 0 ? -z[from + i] : weight < 0 ? 1 - z[from + i] : 0;
        }
        float longest = step(w, from, length, Math.abs(gap), d);
        float largest = 0;
        for (int i = 0; i < length; i++) {
            d[i] = Math.max(-longest, Math.min(longest, d[i]));
            largest = Math.max(largest, Math.abs(d[i]));
        }
        return largest;
    }

    /** The l for which g(l) = gap; infinite where there is no such l. */
    private static float step(float[] w, int from, int length, double gap, float[] room) {
        double l = 0;
        while (true) {
            double covered = 0;
            double slope = 0;
            for (int i = 0; i < length; i++) {
                double weight = Math.abs(w[from + i]);
                double most = Math.abs(room[i]);
                if (most > l) {
                    slope += weight;
                    covered += weight * l;
                } else {
                    covered += weight * most;
                }
            }
            if (slope == 0) {
                return covered < gap ? Float.POSITIVE_INFINITY : (float) l;
            }
            double next = l + (gap - covered) / slope;
            if (!(next > l * (1 + 1e-9) + 1e-12)) {
                return (float) l;
            }
            l = next;
        }
    }
}
