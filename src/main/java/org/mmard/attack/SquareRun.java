package org.mmard.attack;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.HostImages;
import org.mmard.engine.LibTorch;
import org.mmard.engine.Logits;

/**
 * One search of {@link Square} over a batch, query by query. The images asked about lie in one place, into which only windows are
 * written. It lives in the scope that was the current one when it was made.
 */
final class SquareRun {
    private final Classifier model;
    private final ImageShape shape;
    private final int size;
    private final float epsilon;
    private final HostImages asked;
    private final FloatBuffer pixels;
    private final float[] stripe;
    private List<Search> searches = new ArrayList<>();

    /** What the search for one example remembers. */
    private static final class Search {
        final int label;
        final RandomGenerator random;
        final float[] natural;
        final float[] best;
        double margin;
        int top;
        int left;

        Search(int label, RandomGenerator random, float[] natural) {
            this.label = label;
            this.random = random;
            this.natural = natural;
            best = new float[natural.length];
        }
    }

    /**
     * Takes its place at the stripes and asks about them.
     *
     * @param restart number of the run, for its draws
     */
    SquareRun(Classifier model, Examples examples, float epsilon, int restart, RandomSource random) {
        this.model = model;
        shape = examples.shape();
        size = shape.size();
        stripe = new float[shape.width()];
        this.epsilon = epsilon;
        int width = shape.width();
        float[] natural = LibTorch.values(examples.images());
        float[] start = new float[natural.length];
        for (int n = 0; n < examples.count(); n++) {
            Search search = new Search(examples.labels()[n], random.stream(examples.records()[n], restart),
                    Arrays.copyOfRange(natural, n * size, (n + 1) * size));
            for (int column = 0; column < shape.channels() * width; column++) {
                float change = sign(search.random);
                for (int row = 0; row < shape.height(); row++) {
                    int at = column / width * shape.plane() + row * width + column % width;
                    search.best[at] = moved(search, at, change);
                }
            }
            System.arraycopy(search.best, 0, start, n * size, size);
            searches.add(search);
        }
        asked = new HostImages(shape, start);
        pixels = asked.pixels();
        double[] margins = margins();
        for (int n = 0; n < margins.length; n++) {
            searches.get(n).margin = margins[n];
        }
    }

    /** One query: a window of this side for each example, kept where it lowers the margin. */
    void query(int side) {
        for (int n = 0; n < searches.size(); n++) {
            Search search = searches.get(n);
            search.top = (int) (search.random.nextDouble() * (shape.height() - side));
            search.left = (int) (search.random.nextDouble() * (shape.width() - side));
            for (int channel = 0; channel < shape.channels(); channel++) {
                float change = sign(search.random);
                for (int row = 0; row < side; row++) {
                    int at = channel * shape.plane() + (search.top + row) * shape.width() + search.left;
                    for (int i = 0; i < side; i++) {
                        stripe[i] = moved(search, at + i, change);
                    }
                    pixels.put(n * size + at, stripe, 0, side);
                }
            }
        }
        double[] margins = margins();
        for (int n = 0; n < margins.length; n++) {
            Search search = searches.get(n);
            boolean better = margins[n] < search.margin || margins[n] <= 0;
            search.margin = better ? margins[n] : search.margin;
            for (int channel = 0; channel < shape.channels(); channel++) {
                for (int row = 0; row < side; row++) {
                    int at = channel * shape.plane() + (search.top + row) * shape.width() + search.left;
                    if (better) {
                        pixels.get(n * size + at, search.best, at, side);
                    } else {
                        pixels.put(n * size + at, search.best, at, side);
                    }
                }
            }
        }
    }

    private float sign(RandomGenerator random) {
        return random.nextDouble() < 0.5 ? -epsilon : epsilon;
    }

    private static float moved(Search search, int at, float change) {
        return Math.max(0, Math.min(1, search.natural[at] + change));
    }

    /** z_y - max_{j != y} z_j of the images asked about. */
    private double[] margins() {
        try (PointerScope scope = new PointerScope()) {
            Logits logits = model.logits(asked.first(searches.size()));
            double[] margins = new double[searches.size()];
            for (int n = 0; n < margins.length; n++) {
                int label = searches.get(n).label;
                double rival = Double.NEGATIVE_INFINITY;
                for (int c = 0; c < logits.classes(); c++) {
                    rival = c == label ? rival : Math.max(rival, logits.get(n, c));
                }
                margins[n] = logits.get(n, label) - rival;
            }
            return margins;
        }
    }

    /** Which examples are misclassified, rising. */
    int[] broken() {
        return IntStream.range(0, searches.size()).filter(n -> searches.get(n).margin <= 0).toArray();
    }

    /** z_y - max_{j != y} z_j at an example's best point. */
    double margin(int row) {
        return searches.get(row).margin;
    }

    /** Copies the best point of an example. */
    void best(int row, float[] into, int from) {
        System.arraycopy(searches.get(row).best, 0, into, from, size);
    }

    /** Goes on with the examples at these rows only. */
    void keep(int[] rows) {
        searches = IntStream.of(rows).mapToObj(searches::get).toList();
        for (int n = 0; n < rows.length; n++) {
            pixels.put(n * size, searches.get(n).best);
        }
    }
}
