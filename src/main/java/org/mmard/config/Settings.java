package org.mmard.config;

import java.io.Serializable;
import java.util.List;

/**
 * Everything a training run is told, checked. One record per section of {@code reference.conf}, which documents each key with its unit and
 * default.
 *
 * @param preset name of the published recipe under the user's own keys, or null
 */
public record Settings(
        String preset, Run run, Data data, Student student, Teacher teacher, Method method, Attack attack,
        Training training, Validation validation, Checkpoints checkpoints, Cluster cluster, Engine engine) implements Serializable {

    /** @param directory Hadoop URI of the run directory; @param seed the source of all randomness of the run */
    public record Run(String directory, long seed) implements Serializable {}

    /** @param uri Hadoop URI of a CIFAR folder or archive; @param examples the first so many training records, 0 for all */
    public record Data(String uri, int examples) implements Serializable {}

    /** @param architecture a name of the zoo; @param initial Hadoop URI of a model to start from, or null */
    public record Student(String architecture, String initial) implements Serializable {}

    /** @param model Hadoop URI of the teacher's model zip, or null where the method has no teacher */
    public record Teacher(String model) implements Serializable {}

    /**
     * Names of the inner objective and the outer loss, and the coefficients of their terms (docs/method.md).
     *
     * @param inner inner objective: a name, or a name + teacher-term
     * @param outer outer loss: a name, or a name + triangle
     * @param reduction batch-mean or element-mean (every KL term of the outer loss divided by the number of classes)
     * @param scale factor of the whole outer loss, above 0
     * @param temperature t of the teacher's term of ard and iad, above 0
     * @param alpha weight of the outer loss's distillation term, or null for its usual value
     * @param beta weight or exponent of the outer loss's second term, or null for its usual value
     * @param begin epochs of plain ARD before IAD begins
     * @param iadTarget natural or adversarial: whether iad distils T(x) or T(x')
     * @param labelSmoothing share of the label's probability that cross entropy spreads over all classes, in [0, 1)
     * @param lambda weight of the teacher term in the inner objective, and factor of saad's linear term
     * @param teacherTerm reading of the teacher term: disagreement, detached or boundary
     * @param teacherGradient through or detached: whether the attack of adaad and igdm climbs T(x') too
     * @param a weight of equation-4's adversarial term, in [0, 1]
     * @param b weight of the triangle term
     * @param forwards the student's train-mode forwards in order (natural, adversarial, mirrored, with repeats), or null for the outer
     *     loss's own
     */
    public record Method(
            String inner, String outer, String reduction, double scale, double temperature, Double alpha, Double beta, int begin,
            String iadTarget,
            double labelSmoothing, double lambda, String teacherTerm, String teacherGradient, double a, double b, Triangle triangle,
            List<String> forwards) implements Serializable {}

    /**
     * @param smoothing delta of the side lengths sqrt(|v|^2 + delta^2), above 0; @param corners compared angles: label, natural,
     *     adversarial
     */
    public record Triangle(double smoothing, List<String> corners) implements Serializable {}

    /**
     * The L-infinity PGD attack of training.
     *
     * @param epsilon radius in [0, 1] image units; @param stepSize the same unit; @param steps at least 1
     * @param start gaussian, uniform or none; @param startScale standard deviation of the gaussian start
     * @param clipStart whether the start is clipped to [0, 1] before the first gradient
     * @param batchNorm the student's batch norm in the attack: eval (running statistics) or train (batch statistics, and the running ones
     *     move)
     */
    public record Attack(
            double epsilon, double stepSize, int steps, String start, double startScale, boolean clipStart, String batchNorm)
            implements Serializable {}

    /**
     * @param batch images per step and executor
     * @param schedule constant, step (multiply by {@code decay} after each milestone), piecewise (linear between points), cosine
     * @param milestones epochs, rising
     * @param warmUp epochs of linear rise from 0 to the learning rate
     * @param augment random crop (4 zero pixels) and horizontal flip
     * @param gradientClipping largest global norm of an executor's gradient, 0 for any
     * @param maxSkipped share of an epoch's steps that may be skipped for not being finite, in [0, 1)
     */
    public record Training(
            int epochs, int batch, double learningRate, double momentum, double weightDecay,
            String schedule, List<Double> milestones, List<Double> rates, double decay, double warmUp, boolean augment,
            double gradientClipping, double maxSkipped, Averaging averaging, WeightPerturbation weightPerturbation)
            implements Serializable {
        /** How many of an epoch's steps may be skipped. */
        public long skippable(int batchesPerEpoch) {
            return (long) (maxSkipped * batchesPerEpoch);
        }
    }

    /**
     * The average of the student's weights that is validated and kept in their place.
     *
     * @param kind none, ema (moving, after every step) or swa (equal weights, after every epoch); @param decay of ema, per step
     * @param fromEpoch epochs before it begins; @param batchNorm re-estimate or average
     */
    public record Averaging(String kind, double decay, int fromEpoch, String batchNorm) implements Serializable {
        public static final Averaging NONE = new Averaging("none", 0.999, 0, "re-estimate");
    }

    /**
     * Adversarial weight perturbation. @param gamma its size relative to the weights, 0 for none; @param fromEpoch epochs before it begins
     */
    public record WeightPerturbation(double gamma, int fromEpoch) implements Serializable {
        public static final WeightPerturbation NONE = new WeightPerturbation(0, 0);
    }

    /**
     * @param examples records held out of the training set; @param steps PGD steps that select the best checkpoint; @param every epochs
     *     between validations
     */
    public record Validation(int examples, int steps, double stepSize, int every, int batch) implements Serializable {}

    /**
     * @param keep the newest so many epoch checkpoints stay, 0 for all; best and last always stay
     * @param retryFor seconds for which a filesystem that is away is tried again
     */
    public record Checkpoints(int keep, int retryFor) implements Serializable {}

    /**
     * @param executors how many executors train
     * @param synchronisation shared (SharedTrainingMaster) or averaging (ParameterAveragingTrainingMaster)
     * @param encoding of shared updates: int8, bfloat16 or exact
     * @param averagingFrequency steps between two averagings
     * @param startTimeout seconds to wait for the executors
     * @param stallTimeout seconds without any step before an epoch counts as stalled
     * @param maxRestarts how often one start of the run goes on by itself after a failure of the cluster
     */
    public record Cluster(
            int executors, String synchronisation, String encoding, int averagingFrequency, int startTimeout, int stallTimeout,
            int maxRestarts) implements Serializable {}

    /**
     * @param device auto, cpu or cuda; @param threads LibTorch threads per executor; @param foldBatchNorm, channelsLast compile passes of
     *     eval-mode programs
     * @param attackPrecision float32, bfloat16 or auto; @param tf32 whether a GPU may round the factors of float32 products
     */
    public record Engine(
            String device, int threads, boolean foldBatchNorm, boolean channelsLast, String attackPrecision, boolean tf32)
            implements Serializable {
        /** As commands that have no configuration run networks: one thread, float32. */
        public static Engine on(String device) {
            return new Engine(device, 1, true, true, "float32", false);
        }
    }
}
