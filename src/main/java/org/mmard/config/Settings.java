package org.mmard.config;

import java.io.Serializable;
import java.util.List;

/**
 * Everything a training run is told, checked. One record per section of {@code reference.conf}, which documents each key with its unit and default.
 */
public record Settings(
        Run run, Data data, Student student, Teacher teacher, Method method, Attack attack,
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
     * @param inner inner objective: natural, pgd-at, trades, rslad, adaad, mmard
     * @param outer outer loss: the same names
     * @param beta weight of the TRADES term
     * @param alpha AdaAD's weight of its adversarial term
     * @param lambda weight of MMARD's teacher term in the inner objective
     * @param teacherTerm MMARD's reading of that term: disagreement, detached or boundary
     * @param a MMARD's weight of the adversarial term, in [0, 1]
     * @param b MMARD's weight of the triangle term
     * @param triangleSmoothing delta of the triangle's side lengths sqrt(|v|^2 + delta^2), above 0
     */
    public record Method(
            String inner, String outer, double beta, double alpha, double lambda, String teacherTerm,
            double a, double b, double triangleSmoothing) implements Serializable {}

    /**
     * The L-infinity PGD attack of training.
     *
     * @param epsilon radius in [0, 1] image units; @param stepSize the same unit; @param steps at least 1
     * @param start gaussian, uniform or none; @param startScale standard deviation of the gaussian start
     * @param clipStart whether the start is clipped to [0, 1] before the first gradient
     */
    public record Attack(double epsilon, double stepSize, int steps, String start, double startScale, boolean clipStart) implements Serializable {}

    /**
     * @param batch images per step and executor
     * @param schedule constant, step (multiply by {@code decay} after each milestone), piecewise (linear between points)
     * @param milestones epochs, rising
     * @param warmUp epochs of linear rise from 0 to the learning rate
     * @param augment random crop (4 zero pixels) and horizontal flip
     */
    public record Training(
            int epochs, int batch, double learningRate, double momentum, double weightDecay,
            String schedule, List<Double> milestones, List<Double> rates, double decay, double warmUp, boolean augment) implements Serializable {}

    /** @param examples records held out of the training set; @param steps PGD steps that select the best checkpoint; @param every epochs between validations */
    public record Validation(int examples, int steps, double stepSize, int every, int batch) implements Serializable {}

    /** @param keep the newest so many epoch checkpoints stay, 0 for all; best and last always stay */
    public record Checkpoints(int keep) implements Serializable {}

    /**
     * @param executors how many executors train
     * @param synchronisation shared (SharedTrainingMaster) or averaging (ParameterAveragingTrainingMaster)
     * @param averagingFrequency steps between two averagings
     * @param startTimeout seconds to wait for the executors
     * @param networkMask for several hosts: the network whose addresses the parameter server uses, or null
     */
    public record Cluster(
            int executors, String synchronisation, Threshold threshold, int averagingFrequency, int startTimeout, String networkMask) implements Serializable {}

    /** The threshold encoding of shared updates. @param algorithm exact, fixed or relative; @param value its parameter; @param passes encodings of one update */
    public record Threshold(String algorithm, double value, int passes) implements Serializable {}

    /** @param threads LibTorch threads per executor; @param foldBatchNorm, channelsLast compile passes of eval-mode programs */
    public record Engine(int threads, boolean foldBatchNorm, boolean channelsLast) implements Serializable {}
}
