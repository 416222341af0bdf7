package org.mmard.loss;

/**
 * The cosines at the corners of the triangle of three points a, b, c, with smoothed side lengths |v| = sqrt(sum v^2 + delta^2):
 * at a (b-a).(c-a) / (|b-a| |c-a|), and so on round. Without the smoothing the cosine is 0/0 where two points meet, and its gradient grows
 * without bound before. One instance is reused from example to example.
 */
public final class TriangleCosines {
    private final double squaredSmoothing;
    private final double[] ab;
    private final double[] ac;
    private final double[] bc;
    private double lengthAb;
    private double lengthAc;
    private double lengthBc;
    private final double[] cosines = new double[3];

    /**
     * @param dimensions of the points
     * @param smoothing delta, above 0
     */
    public TriangleCosines(int dimensions, double smoothing) {
        squaredSmoothing = smoothing * smoothing;
        ab = new double[dimensions];
        ac = new double[dimensions];
        bc = new double[dimensions];
    }

    /**
     * @param corner the class whose one-hot point is a
     * @return the cosines at a, b and c; overwritten by the next call
     */
    public double[] at(int corner, double[] b, double[] c) {
        double squaredAb = 0;
        double squaredAc = 0;
        double squaredBc = 0;
        double atA = 0;
        double atB = 0;
        double atC = 0;
        for (int i = 0; i < b.length; i++) {
            double a = i == corner ? 1 : 0;
            ab[i] = b[i] - a;
            ac[i] = c[i] - a;
            bc[i] = c[i] - b[i];
            squaredAb += ab[i] * ab[i];
            squaredAc += ac[i] * ac[i];
            squaredBc += bc[i] * bc[i];
            atA += ab[i] * ac[i];
            atB -= ab[i] * bc[i];
            atC += ac[i] * bc[i];
        }
        lengthAb = Math.sqrt(squaredAb + squaredSmoothing);
        lengthAc = Math.sqrt(squaredAc + squaredSmoothing);
        lengthBc = Math.sqrt(squaredBc + squaredSmoothing);
        cosines[0] = atA / (lengthAb * lengthAc);
        cosines[1] = atB / (lengthAb * lengthBc);
        cosines[2] = atC / (lengthAc * lengthBc);
        return cosines;
    }

    /**
     * The gradient of sum_i cotangent_i cosine_i at the triangle last seen, with respect to b and c. For sides u and v from one corner,
     * d cos / du = v / (|u| |v|) - cos u / |u|^2.
     *
     * @param byB, byC receive the gradients
     */
    public void backward(double[] cotangents, double[] byB, double[] byC) {
        double products0 = cotangents[0] / (lengthAb * lengthAc);
        double products1 = cotangents[1] / (lengthAb * lengthBc);
        double products2 = cotangents[2] / (lengthAc * lengthBc);
        double shrinkAb = (cotangents[0] * cosines[0] + cotangents[1] * cosines[1]) / (lengthAb * lengthAb);
        double shrinkAc = (cotangents[0] * cosines[0] + cotangents[2] * cosines[2]) / (lengthAc * lengthAc);
        double shrinkBc = (cotangents[1] * cosines[1] + cotangents[2] * cosines[2]) / (lengthBc * lengthBc);
        for (int i = 0; i < byB.length; i++) {
            double byAb = products0 * ac[i] - products1 * bc[i] - shrinkAb * ab[i];
            double byAc = products0 * ab[i] + products2 * bc[i] - shrinkAc * ac[i];
            double byBc = products2 * ac[i] - products1 * ab[i] - shrinkBc * bc[i];
            byB[i] = byAb - byBc;
            byC[i] = byAc + byBc;
        }
    }
}
