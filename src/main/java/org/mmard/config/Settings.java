package org.mmard.config;

import static org.mmard.config.Range.ABOVE_ZERO;
import static org.mmard.config.Range.FRACTION;
import static org.mmard.config.Range.FRACTION_ABOVE_ZERO;
import static org.mmard.config.Range.FRACTION_BELOW_ONE;
import static org.mmard.config.Range.ZERO_OR_ABOVE;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything a training run is told, checked: a record per section, a component per key, where all that is to be said about the key is said
 * once. {@code reference.conf} is made of it. Where a key may be null, so may its component.
 */
public record Settings(
        @Key(meaning = "Name of a published recipe whose keys stand below your own and above these, such as rslad-zibojia",
                takes = Presets.WHAT, whenNull = "for none", note = "docs/method.md lists them.") @Nullable String preset,

        Run run,

        Data data,

        Student student,

        Teacher teacher,

        @Means("docs/method.md has the formulas. MMARD's equations are our reconstruction from the paper's abstract.") Method method,

        @Means("The L-infinity PGD attack of training. Distances are in image units: 0 is black, 1 is white.") Attack attack,

        Training training,

        @Means("A part of the training records is held out to select the best checkpoint, by its accuracy under PGD with the training "
                + "attack's epsilon.") Validation validation,

        Checkpoints checkpoints,

        Cluster cluster,

        Engine engine) implements Serializable {

    /** Where a run is kept, and what its random numbers follow from. */
    public record Run(
            @Key(meaning = "Hadoop URI or local path of the folder that receives the resolved configuration, metrics and checkpoints",
                    takes = "the Hadoop URI or path of the run's folder", resume = Resume.PLACE) String directory,

            @Key(meaning = "Source of all randomness of the run: a whole number", usual = "1") long seed) implements Serializable {}

    /** The images. */
    public record Data(
            @Key(meaning = "Hadoop URI or local path of the data: CIFAR-10 or CIFAR-100 in the official binary layout, what mmard data "
                    + "import wrote, or a format that a jar brings; docs/data.md",
                    takes = "the Hadoop URI or path of a data set", resume = Resume.CONTENT) String uri,

            @Key(meaning = "Only the first so many training records", usual = "0", whenZero = "for all of them") int examples)
            implements Serializable {}

    /** The network that is trained. */
    public record Student(
            @Key(meaning = "Name of the network: resnet8, resnet8x2, resnet18, resnet20, resnet20x2, resnet34, resnet50, preactresnet18, "
                    + "mobilenetv2, wideresnet-<depth>-<widening> such as wideresnet-28-10, cnn-<widths> such as cnn-16-32-64, or one "
                    + "that a jar brings",
                    usual = "resnet18", takes = "the name of a network", note = "docs/models.md describes them.") String architecture,

            @Key(meaning = "Hadoop URI or local path of a model file whose weights the student starts from",
                    takes = "the URI of a model file or null", whenNull = "for fresh weights",
                    resume = Resume.PLACE) @Nullable String initial)
            implements Serializable {}

    /** The network that is learnt from. */
    public record Teacher(
            @Key(meaning = "Hadoop URI or local path of the teacher's model file (mmard model import makes one of PyTorch weights)",
                    takes = "the URI of a model file or null", whenNull = "for none",
                    note = "Needed where the method reads T(x) or T(x') (ard, iad, rslad, adaad, igdm, saad, mmard).",
                    resume = Resume.CONTENT) @Nullable String model)
            implements Serializable {}

    /** The inner objective and the outer loss, and the coefficients of their terms; both have names once it is built. */
    public record Method(
            @Key(meaning = "Inner objective and outer loss in one word: natural, pgd-at, trades, mart, ard, iad, rslad, adaad, igdm, saad "
                    + "or mmard",
                    usual = "mmard", takes = "the name of a method") String name,

            @Key(meaning = "Another inner objective (what the attack maximises) than the method's own: the same names, those that jars bring, "
                    + "and, in quotes, \"NAME + teacher-term\"",
                    takes = "the name of a method or null", whenNull = "for method.name") String inner,

            @Key(meaning = "Another outer loss (what training minimises) than the method's own: the same names, iad-paper, equation-4, those "
                    + "that jars bring, and, in quotes, \"NAME + triangle\"",
                    takes = "the name of a method or null", whenNull = "for method.name") String outer,

            @Key(meaning = "How the KL terms of the outer loss are reduced", usual = "batch-mean") Reduction reduction,

            @Key(meaning = "Factor of the whole outer loss", usual = "1", range = ABOVE_ZERO) double scale,

            @Key(meaning = "ARD, IAD: temperature t of the teacher's term, which then weighs t^2 as much", usual = "1",
                    range = ABOVE_ZERO) double temperature,

            @Key(meaning = "ARD, IAD, AdaAD: weight of the distillation term against 1 - alpha, up to 1. IGDM, SAAD: weight of IGDM's term",
                    range = ZERO_OR_ABOVE, whenNull = "for 1") @Nullable Double alpha,

            @Key(meaning = "TRADES, MART: weight of the KL term. IAD: exponent of the teacher's reliability. SAAD: weight of the natural term",
                    range = ZERO_OR_ABOVE, whenNull = "for the outer loss's usual value (6, 6, 0.1, 0)") @Nullable Double beta,

            @Key(meaning = "IAD: epochs of plain ARD before it begins", usual = "0", note = "60 in its published code.") int begin,

            @Key(meaning = "IAD: which of the teacher's answers it distils", usual = "natural") IadTarget iadTarget,

            @Key(meaning = "Share of the label's probability that the outer loss's cross entropy spreads over all classes", usual = "0",
                    range = FRACTION_BELOW_ONE) double labelSmoothing,

            @Key(meaning = "Inner objectives mmard and \"+ teacher-term\": weight of the teacher's robust prediction. saad:  factor of its "
                    + "linear term",
                    usual = "1", range = ZERO_OR_ABOVE) double lambda,

            @Key(meaning = "Inner objectives mmard and \"+ teacher-term\": which term that is",
                    usual = "disagreement") TeacherTerm teacherTerm,

            @Key(meaning = "Inner objectives adaad and igdm: how they read the teacher", usual = "through") TeacherGradient teacherGradient,

            @Key(meaning = "Outer losses equation-4 and mmard: weight of the term at x', against 1 - a for the term at x", usual = "5/6",
                    range = FRACTION) double a,

            @Key(meaning = "Outer losses equation-4 and mmard: what the student is asked for at x'", usual = "adversarial") Target target,

            @Key(meaning = "Outer losses mmard and \"+ triangle\": weight of the triangle term", usual = "0.2",
                    range = ZERO_OR_ABOVE) double b,

            @Means("The same outer losses' triangle of label, S(x) and S(x').") Triangle triangle,

            @Key(meaning = "The student's train-mode forwards in order, repeats allowed", note = "Each moves the running statistics.",
                    whenNull = "for the order of the outer loss's published code") @Nullable List<Forward> forwards)
            implements Serializable {
        public Method {
            inner = inner == null ? name : inner;
            outer = outer == null ? name : outer;
        }

        /** How a KL term becomes a number. */
        public enum Reduction {
            @Means("the mean over images")
            BATCH_MEAN,
            @Means("that divided by the number of classes, as some public codes do")
            ELEMENT_MEAN;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** What MMARD's per-example terms ask the student for at x'. */
        public enum Target {
            @Means("the teacher's T(x')")
            ADVERSARIAL,
            @Means("T(x), as rslad does")
            NATURAL;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** What IAD distils. */
        public enum IadTarget {
            @Means("T(x)")
            NATURAL,
            @Means("T(x'), as AdaIAD does")
            ADVERSARIAL;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** The reading of the teacher term R. */
        public enum TeacherTerm {
            @Means("KL(T(x') || S(x')), gradient through T")
            DISAGREEMENT,
            @Means("the same, T(x') held fixed")
            DETACHED,
            @Means("KL(T(x) || T(x'))")
            BOUNDARY;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** Whether the attack of adaad and igdm climbs T(x') too. */
        public enum TeacherGradient {
            @Means("the attack climbs T(x') too")
            THROUGH,
            @Means("T(x') held fixed in each step")
            DETACHED;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** The image of a forward; mirrored is x - (x' - x). */
        public enum Forward {
            NATURAL, ADVERSARIAL, MIRRORED;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }
    }

    /** The triangle term. */
    public record Triangle(
            @Key(meaning = "Delta of its side lengths sqrt(|v|^2 + delta^2)", usual = "0.02", range = ABOVE_ZERO) double smoothing,

            @Key(meaning = "Which of its angles are compared", usual = "[label, natural, adversarial]") List<Corner> corners)
            implements Serializable {

        /** A corner of the triangle. */
        public enum Corner {
            LABEL, NATURAL, ADVERSARIAL;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }
    }

    /** The L-infinity PGD attack of training. */
    public record Attack(
            @Key(meaning = "Radius of the ball around the natural image", unit = "image units", usual = "8/255",
                    range = FRACTION_ABOVE_ZERO) double epsilon,

            @Key(meaning = "Length of one step", unit = "image units", usual = "2/255", range = FRACTION_ABOVE_ZERO) double stepSize,

            @Key(meaning = "Steps", usual = "10", least = 1) int steps,

            @Key(meaning = "Where the attack starts", usual = "gaussian") Start start,

            @Key(meaning = "Standard deviation of the gaussian start", unit = "image units", usual = "0.001",
                    range = FRACTION) double startScale,

            @Key(meaning = "Whether the start is clipped to [0, 1] before the first gradient", usual = "false") boolean clipStart,

            @Key(meaning = "The student's batch norm in the attack", usual = "eval") Attack.BatchNorm batchNorm) implements Serializable {

        /** Where x' begins. */
        public enum Start {
            @Means("start-scale * N(0, 1) from the image")
            GAUSSIAN,
            @Means("anywhere in the ball")
            UNIFORM,
            @Means("at the image")
            NONE;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** The mode of the attacked network's batch norms. */
        public enum BatchNorm {
            @Means("running statistics")
            EVAL,
            @Means("batch statistics, and each forward moves the running ones")
            TRAIN;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }
    }

    /** How long and how fast the student learns. */
    public record Training(
            @Key(meaning = "Passes over the training part", usual = "300", least = 1, resume = Resume.LENGTH) int epochs,

            @Key(meaning = "Images per step and executor", usual = "128", least = 1) int batch,

            @Key(meaning = "Learning rate before the schedule changes it", usual = "0.1", range = ABOVE_ZERO) double learningRate,

            @Key(meaning = "Classical momentum", usual = "0.9", range = FRACTION_BELOW_ONE) double momentum,

            @Key(meaning = "Added to every parameter's gradient, times the parameter (as PyTorch's SGD does)", usual = "2e-4",
                    range = ZERO_OR_ABOVE) double weightDecay,

            @Key(meaning = "How the learning rate changes: constant, step (times decay after each milestone), piecewise (linear between the points "
                    + "(milestone, rate)), cosine (down to 0 at the end) or the name of a schedule that a jar brings",
                    usual = "step", takes = "the name of a schedule") String schedule,

            @Key(meaning = "Epochs, rising", note = "Fractions of an epoch are allowed.", usual = "[215, 260, 285]", range = ZERO_OR_ABOVE,
                    takes = "a list such as [100, 150]") List<Double> milestones,

            @Key(meaning = "Learning rates of a piecewise schedule, one for each milestone", usual = "[]", range = ZERO_OR_ABOVE,
                    takes = "a list such as [100, 150]") List<Double> rates,

            @Key(meaning = "Factor at each milestone of a step schedule", usual = "0.1", range = FRACTION_ABOVE_ZERO) double decay,

            @Key(meaning = "Linear rise from 0 to the learning rate", unit = "epochs", usual = "0", range = ZERO_OR_ABOVE) double warmUp,

            @Key(meaning = "Whether images are augmented: random crop (4 zero pixels on each side) and horizontal flip",
                    usual = "true") boolean augment,

            @Key(meaning = "Largest norm, over all parameters, of an executor's gradient in one step, before weight decay: a longer one is "
                    + "shortened to it",
                    usual = "0", whenZero = "for any length", range = ZERO_OR_ABOVE) double gradientClipping,

            @Key(meaning = "A step whose loss or gradient is not finite changes nothing and is counted. More than this share of an epoch's "
                    + "steps, and the run stops",
                    usual = "0.05", range = FRACTION_BELOW_ONE, resume = Resume.PATIENCE) double maxSkipped,

            @Means("The model that is validated and kept may be an average of the student's weights instead of these.") Averaging averaging,

            @Means("Adversarial weight perturbation (AWP): the outer loss's gradient is taken where the weights have been moved up that loss. "
                    + "Costs a forward and a backward pass more.") WeightPerturbation weightPerturbation)
            implements Serializable {
        /** How many of an epoch's steps may be skipped. */
        public long skippable(int batchesPerEpoch) {
            return (long) (maxSkipped * batchesPerEpoch);
        }
    }

    /** The average of the student's weights that is validated and kept in their place. */
    public record Averaging(
            @Key(meaning = "Which average", usual = "none") Kind kind,

            @Key(meaning = "ema: the average's share in its next value, against 1 - decay for the new weights", usual = "0.999",
                    range = FRACTION_BELOW_ONE) double decay,

            @Key(meaning = "Epochs before it begins, fewer than training.epochs", usual = "0") int fromEpoch,

            @Key(meaning = "The average's batch-norm statistics", usual = "re-estimate") Averaging.BatchNorm batchNorm)
            implements Serializable {
        public static final Averaging NONE = new Averaging(Kind.NONE, 0.999, 0, Averaging.BatchNorm.RE_ESTIMATE);

        /** What the mean is taken over. */
        public enum Kind {
            NONE,
            @Means("moving average, after every step")
            EMA,
            @Means("equal-weight average, after every epoch")
            SWA;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** Where the average's running statistics come from. */
        public enum BatchNorm {
            @Means("after each epoch, on its training images")
            RE_ESTIMATE,
            @Means("of the student's own")
            AVERAGE;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }
    }

    /** Adversarial weight perturbation. */
    public record WeightPerturbation(
            @Key(meaning = "How far each layer's weights move, as a share of their norm", usual = "0", whenZero = "for not at all",
                    range = ZERO_OR_ABOVE, note = "5e-3 in its paper.") double gamma,

            @Key(meaning = "Epochs before it begins", usual = "0") int fromEpoch) implements Serializable {
        public static final WeightPerturbation NONE = new WeightPerturbation(0, 0);
    }

    /** How the best checkpoint is found. */
    public record Validation(
            @Key(meaning = "Records held out", usual = "1000", whenZero = "for none, and then there is no best checkpoint") int examples,

            @Key(meaning = "PGD steps", usual = "10", least = 1) int steps,

            @Key(meaning = "Length of one step", unit = "image units", usual = "2/255", range = FRACTION_ABOVE_ZERO) double stepSize,

            @Key(meaning = "Epochs from one validation to the next", usual = "1", least = 1,
                    note = "The last epoch is always validated.") int every,

            @Key(meaning = "Images at a time", usual = "250", least = 1) int batch) implements Serializable {}

    /** What is kept of a run, and how hard that is tried. */
    public record Checkpoints(
            @Key(meaning = "Only the newest so many epochs' checkpoints stay", usual = "0", whenZero = "for all",
                    note = "The best and the last stay in any case.",
                    resume = Resume.PATIENCE) int keep,

            @Key(meaning = "How long reading and writing the run directory is tried again where its filesystem is away, on other filesystems "
                    + "than the local one", whenZero = "for no second try",
                    unit = "seconds", usual = "300", resume = Resume.PATIENCE) int retryFor)
            implements Serializable {}

    /** Who trains, and how those agree on the weights. */
    public record Cluster(
            @Key(meaning = "Executors that train, each with its own student and one network thread or more", usual = "1", least = 1,
                    resume = Resume.CLUSTER) int executors,

            @Key(meaning = "How executors agree on the weights", usual = "shared") Synchronisation synchronisation,

            @Key(meaning = "How shared updates are written down on their way", usual = "int8",
                    note = "What int8 and bfloat16 leave out joins the next update.") Encoding encoding,

            @Key(meaning = "Steps between two averagings, where synchronisation is averaging", usual = "4",
                    least = 1) int averagingFrequency,

            @Key(meaning = "How long to wait for the executors, at the start and again when lost ones have to be replaced",
                    unit = "seconds",
                    usual = "120", least = 1, resume = Resume.PATIENCE) int startTimeout,

            @Key(meaning = "How long an epoch may train without any executor reporting a step",
                    unit = "seconds", usual = "300", least = 1,
                    note = "After that it has failed because of the cluster: longer than any step takes. The first step of an epoch has "
                            + "start-timeout longer.",
                    resume = Resume.PATIENCE) int stallTimeout,

            @Key(meaning = "How often the run goes on by itself, from its newest checkpoint, after a failure of the cluster (an executor "
                    + "lost, a stall, weights that no longer move)",
                    usual = "3", note = "A --resume counts anew.", resume = Resume.PATIENCE) int maxRestarts)
            implements Serializable {

        /** How executors share what they learn. */
        public enum Synchronisation {
            @Means("updates summed after every step")
            SHARED,
            @Means("parameters averaged every so many steps")
            AVERAGING;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** The form of an update on the network. */
        public enum Encoding {
            @Means("a byte a value, and a scale for each block of them")
            INT8,
            @Means("two bytes")
            BFLOAT16,
            @Means("float32, four")
            EXACT;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }
    }

    /** How networks are run. */
    public record Engine(
            @Key(meaning = "Where networks run", usual = "auto", note = "cuda is refused where there is no GPU or the build has no CUDA.",
                    resume = Resume.SPEED) Device device,

            @Key(meaning = "LibTorch threads of each executor", usual = "1", least = 1, resume = Resume.SPEED) int threads,

            @Key(meaning = "Whether eval-mode passes run with each batch norm folded into its convolution: the same logits, faster",
                    usual = "true", resume = Resume.SPEED) boolean foldBatchNorm,

            @Key(meaning = "Whether passes keep images channels-last, where that is faster", usual = "true",
                    resume = Resume.SPEED) boolean channelsLast,

            @Key(meaning = "Whether eval-mode passes compute additions and ReLUs in the convolutions before them, which is faster",
                    usual = "true",
                    note = "On a processor and channels-last alone.", resume = Resume.SPEED) boolean fuse,

            @Key(meaning = "Format of the networks while x' climbs", usual = "auto",
                    note = "Validation and evaluation are float32 in any case, the outer loss has a format of its own, and the attack is float32 where its objective "
                            + "compares a network with itself (trades, teacher-term boundary) or its batch norm is in train mode.") AttackPrecision attackPrecision,

            @Key(meaning = "Format of the outer loss's passes: the student's in train mode, and the teacher's", usual = "float32",
                    note = "Weights, batch norm's statistics, the gradient that the updater reads and the losses are float32 in any case. The teacher's "
                            + "passes remain float32 where the method compares it with itself (igdm's and saad's linear terms, teacher-term boundary) and "
                            + "where the attack's batch norm is in train mode.") TrainingPrecision trainingPrecision,

            @Key(meaning = "Whether a GPU may round the factors of float32 products to eleven significant bits (TensorFloat-32), which is "
                    + "faster",
                    usual = "false") boolean tf32)
            implements Serializable {
        /** As commands that have no configuration run networks: one thread, float32. */
        public static Engine on(Device device) {
            return SettingsReader.engine(
                    Map.of("engine.device", device.toString(), "engine.attack-precision", AttackPrecision.FLOAT32.toString()), "--device");
        }

        /** What computes. */
        public enum Device {
            @Means("the GPU that Spark assigned to the executor, else the CPU")
            AUTO, CPU,
            @Means("a GPU: the one that Spark assigned, else the first of its host")
            CUDA;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** The floating-point format of the outer loss's passes. */
        public enum TrainingPrecision {
            FLOAT32,
            @Means("eight significant bits: faster where processor or GPU compute in it, and another gradient")
            BFLOAT16;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }

        /** The floating-point format of attacks. */
        public enum AttackPrecision {
            @Means("bfloat16 where processor or GPU compute in it, which makes a step 1.2 to 3 times as fast; else float32")
            AUTO, FLOAT32,
            @Means("eight significant bits")
            BFLOAT16;

            @Override
            public String toString() {
                return Sections.word(name());
            }
        }
    }
}
