package org.mmard.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attack;
import org.mmard.attack.Examples;
import org.mmard.attack.RandomSource;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.data.RandomStreams;
import org.mmard.engine.Classifier;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;
import org.mmard.loss.Softmax;

/**
 * Some images before and after an attack on the student, with what student and teacher make of them.
 *
 * @param attack its name
 * @param radius of its ball, as a reader writes it
 * @param scale by which perturbations are amplified: the ends of the ball become black and white
 * @param taught whether a teacher was shown them, too
 * @param shown how many images, in words
 * @param right how many of them the student
 *     got right
 * @param broken how many of these it got wrong afterwards
 */
record ContactSheet(String attack, String radius, String scale, boolean taught, String shown, int right, int broken, List<Card> cards) {
    /** @param natural, perturbation, adversarial images as data URIs */
    record Card(int record, String label, String natural, String perturbation, String adversarial, List<Opinion> opinions) {}

    record Opinion(String who, Guess natural, Guess adversarial) {}

    /**
     * @param confidence the probability that the network gives it
     * @param right whether it is the label
     */
    record Guess(String name, String confidence, boolean right) {}

    /**
     * @param teacher null where there is none
     * @param count how many images, chosen by {@code seed}; all where there are not so many
     */
    static ContactSheet of(ImageSet images, Classifier student, @Nullable Classifier teacher, Attack attack, int count, long seed) {
        int[] records = chosen(images.size(), count, seed);
        try (PointerScope scope = new PointerScope()) {
            Examples examples = Examples.of(images, records);
            Tensor adversarial = attack.perturb(student, examples, RandomSource.of(seed, attack.name()));
            float[] before = LibTorch.values(examples.images());
            float[] after = LibTorch.values(adversarial);
            float[] change = Picture.perturbation(before, after, attack.epsilon());
            List<Logits> ofStudent = List.of(student.logits(examples.images()), student.logits(adversarial));
            List<Logits> ofTeacher = teacher == null ? List.of() : List.of(teacher.logits(examples.images()), teacher.logits(adversarial));
            List<Card> cards = new ArrayList<>();
            int right = 0;
            int broken = 0;
            for (int i = 0; i < records.length; i++) {
                int label = examples.labels()[i];
                List<Opinion> opinions = new ArrayList<>(List.of(opinion("student", ofStudent, i, label, images.classNames())));
                if (teacher != null) {
                    opinions.add(opinion("teacher", ofTeacher, i, label, images.classNames()));
                }
                right += opinions.get(0).natural.right ? 1 : 0;
                broken += opinions.get(0).natural.right && !opinions.get(0).adversarial.right ? 1 : 0;
                cards.add(new Card(records[i], images.classNames().get(label), uri(images.shape(), before, i),
                        uri(images.shape(), change, i), uri(images.shape(), after, i), opinions));
            }
            return new ContactSheet(attack.name(), RunView.radius(attack.epsilon()),
                    Quantity.NUMBER.exact(Math.rint(50 / attack.epsilon()) / 100),
                    teacher != null, RunView.plural(records.length, "image"), right, broken, cards);
        }
    }

    /** At its own size, which the style sheet enlarges. */
    private static String uri(ImageShape shape, float[] pixels, int example) {
        return Picture.uri(Picture.of(shape, pixels, example, 1));
    }

    private static int[] chosen(int size, int count, long seed) {
        int[] records = IntStream.range(0, size).toArray();
        RandomStreams.shuffle(records, RandomStreams.stream(RandomStreams.Purpose.REPORT, seed, 0, 0));
        return Arrays.copyOf(records, Math.min(count, size));
    }

    private static Opinion opinion(String who, List<Logits> both, int example, int label, List<String> names) {
        return new Opinion(who, guess(both.get(0), example, label, names), guess(both.get(1), example, label, names));
    }

    private static Guess guess(Logits logits, int example, int label, List<String> names) {
        double[] probabilities = new double[logits.classes()];
        Softmax.probabilities(logits, example, probabilities);
        int given = logits.argMax(example);
        return new Guess(names.get(given), String.format(Locale.ROOT, "%.0f\u00a0%%", 100 * probabilities[given]), given == label);
    }
}
