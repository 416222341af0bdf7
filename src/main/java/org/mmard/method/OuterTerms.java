package org.mmard.method;

import static org.mmard.loss.Prediction.STUDENT_ADVERSARIAL;
import static org.mmard.loss.Prediction.STUDENT_NATURAL;
import static org.mmard.loss.Prediction.TEACHER_ADVERSARIAL;
import static org.mmard.loss.Prediction.TEACHER_NATURAL;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mmard.config.Settings;
import org.mmard.failure.InputError;
import org.mmard.loss.BoostedCrossEntropy;
import org.mmard.loss.CrossEntropy;
import org.mmard.loss.ElementMean;
import org.mmard.loss.ExampleWeighted;
import org.mmard.loss.ExampleWeights;
import org.mmard.loss.IndirectGradient;
import org.mmard.loss.KlDivergence;
import org.mmard.loss.MartDivergence;
import org.mmard.loss.Prediction;
import org.mmard.loss.Reliability;
import org.mmard.loss.Term;
import org.mmard.loss.Triangle;
import org.mmard.loss.Uncertainty;
import org.mmard.loss.WeightedSum.Weighted;

/** The weighted terms of each outer loss, for given coefficients at a point of the training. */
record OuterTerms(Settings.Method settings, TrainingProgress progress, String name) {
    /** What RSLAD's code adds to T(x)'s probabilities in the constant part of its value. */
    private static final double RSLAD_FLOOR = 1e-5;

    List<Weighted> natural() {
        return List.of(new Weighted(1, crossEntropy(STUDENT_NATURAL)));
    }

    /** CE(S(x'), y): Madry et al. 2018, eq. 2.1. */
    List<Weighted> pgdAt() {
        return List.of(new Weighted(1, crossEntropy(STUDENT_ADVERSARIAL)));
    }

    /** CE(S(x), y) + beta KL(S(x) || S(x')), gradient through S(x) in both: Zhang et al. 2019, the multi-class objective. */
    List<Weighted> trades() {
        return List.of(
                new Weighted(1, crossEntropy(STUDENT_NATURAL)),
                new Weighted(beta(6), reduced(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget())));
    }

    /** BCE(S(x'), y) + beta KL(S(x) || S(x')) (1 - p_y(x)): MART, Wang et al. 2020. */
    List<Weighted> mart() {
        return List.of(
                new Weighted(1, new BoostedCrossEntropy(STUDENT_ADVERSARIAL)),
                new Weighted(beta(6), reduced(new MartDivergence())));
    }

    /** alpha t^2 KL^t(T(x) || S(x')) + (1 - alpha) CE(S(x), y): Goldblum et al. 2020. */
    List<Weighted> ard() {
        return List.of(distillation(null), labels());
    }

    /** ARD's sum + alpha (1-w) KL(S(x) || S(x')), gradient through S(x): IAD-I's published code. */
    List<Weighted> iad() {
        return progress.epoch() <= settings.begin() ? ard()
                : List.of(distillation(null), introspection(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL).differentiatingTarget()),
                        labels());
    }

    /** w on the teacher's term as well, and S(x) a constant target: IAD-I, Zhu et al. 2022. */
    List<Weighted> iadPaper() {
        return progress.epoch() <= settings.begin() ? ard()
                : List.of(distillation(reliability()), introspection(KlDivergence.of(STUDENT_NATURAL, STUDENT_ADVERSARIAL)), labels());
    }

    /** 5/6 KL(T(x) || S(x')) + 1/6 KL(T(x) || S(x)): RSLAD, Zi et al. 2021. */
    List<Weighted> rslad() {
        return List.of(
                new Weighted(5 / 6.0, reduced(rslad(STUDENT_ADVERSARIAL))),
                new Weighted(1 / 6.0, reduced(rslad(STUDENT_NATURAL))));
    }

    /** alpha KL(T(x') || S(x')) + (1 - alpha) KL(T(x) || S(x)): AdaAD, Huang et al. 2023. */
    List<Weighted> adaad() {
        return mixture(TEACHER_ADVERSARIAL, share());
    }

    /** KL(T(x') || S(x')) + alpha (epoch / epochs) KL(T(x') - T(x-d) || S(x') - S(x-d)): IGDM's published code. */
    List<Weighted> igdm() {
        return List.of(
                new Weighted(1, reduced(KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL))),
                new Weighted(alpha() * progress.share(), reduced(new IndirectGradient())));
    }

    /** IGDM's sum, each example weighed by w, + beta (1-w^) KL(T(x) || S(x)): SAAD's published code. */
    List<Weighted> saad() {
        ExampleWeights weights = new Uncertainty(TEACHER_ADVERSARIAL, false);
        ExampleWeights rest = new Uncertainty(TEACHER_ADVERSARIAL, true).complement();
        return List.of(
                new Weighted(1, new ExampleWeighted(weights, reduced(KlDivergence.of(TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL)))),
                new Weighted(alpha() * progress.share(), new ExampleWeighted(weights, reduced(new IndirectGradient()))),
                new Weighted(beta(0), new ExampleWeighted(rest, reduced(KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL)))));
    }

    /**
     * a KL(T(x') || S(x')) + (1 - a) KL(T(x) || S(x)): MMARD's per-example terms, in this project's reconstruction; with T(x) in the place
     * of T(x') in its other reading.
     */
    List<Weighted> equation4() {
        return mixture(settings.target() == Settings.Method.Target.NATURAL ? TEACHER_NATURAL : TEACHER_ADVERSARIAL, settings.a());
    }

    /** Equation 4 and the triangle. */
    List<Weighted> mmard() {
        List<Weighted> terms = new ArrayList<>(equation4());
        terms.add(triangle(settings));
        return terms;
    }

    /** b times the triangle, which {@code + triangle} adds to any loss. */
    static Weighted triangle(Settings.Method settings) {
        Set<Triangle.Corner> corners = EnumSet.noneOf(Triangle.Corner.class);
        settings.triangle().corners().forEach(corner -> corners.add(Triangle.Corner.valueOf(corner.name())));
        return new Weighted(settings.b(), new Triangle(settings.triangle().smoothing(), corners));
    }

    /** @param target at x' */
    private List<Weighted> mixture(Prediction target, double share) {
        return List.of(
                new Weighted(share, reduced(KlDivergence.of(target, STUDENT_ADVERSARIAL))),
                new Weighted(1 - share, reduced(KlDivergence.of(TEACHER_NATURAL, STUDENT_NATURAL))));
    }

    /**
     * ARD's and IAD's term with the teacher, at the temperature.
     *
     * @param weights null for none
     */
    private Weighted distillation(@Nullable ExampleWeights weights) {
        boolean natural = name.equals("ard") || settings.iadTarget() == Settings.Method.IadTarget.NATURAL;
        double temperature = settings.temperature();
        Term term = reduced(KlDivergence.of(natural ? TEACHER_NATURAL : TEACHER_ADVERSARIAL, STUDENT_ADVERSARIAL).at(temperature));
        return new Weighted(share() * temperature * temperature, weights == null ? term : new ExampleWeighted(weights, term));
    }

    private Weighted introspection(Term divergence) {
        return new Weighted(share(), new ExampleWeighted(reliability().complement(), reduced(divergence)));
    }

    private Weighted labels() {
        return new Weighted(1 - share(), crossEntropy(STUDENT_NATURAL));
    }

    private ExampleWeights reliability() {
        return new Reliability(TEACHER_ADVERSARIAL, beta(0.1));
    }

    private KlDivergence rslad(Prediction of) {
        KlDivergence divergence = KlDivergence.of(TEACHER_NATURAL, of);
        return elementMean() ? divergence.floored(RSLAD_FLOOR) : divergence;
    }

    private CrossEntropy crossEntropy(Prediction of) {
        return new CrossEntropy(of, settings.labelSmoothing());
    }

    private Term reduced(Term term) {
        return elementMean() ? new ElementMean(term) : term;
    }

    private boolean elementMean() {
        return settings.reduction() == Settings.Method.Reduction.ELEMENT_MEAN;
    }

    private double alpha() {
        return settings.alpha() == null ? 1 : settings.alpha();
    }

    /** alpha of a loss that weighs something else by 1 - alpha. */
    private double share() {
        if (alpha() > 1) {
            throw new InputError("method.alpha is " + alpha() + ": outer loss " + name + " takes a number from 0 to 1");
        }
        return alpha();
    }

    private double beta(double usual) {
        return settings.beta() == null ? usual : settings.beta();
    }
}
