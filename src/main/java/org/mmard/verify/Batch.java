package org.mmard.verify;

import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.files.Npy;

/** What every check of networks, attacks and methods is on: the two networks, the images x, their labels, and the noise of the starts. */
final class Batch {
    final FixtureNetwork student;
    final FixtureNetwork teacher;
    final int[] labels;
    private final Npy natural;
    private final Map<String, Npy> noise = new TreeMap<>();

    Batch(Fixture fixture) {
        Manifest manifest = fixture.manifest();
        student = new FixtureNetwork(fixture, "student", manifest.studentWidth());
        teacher = new FixtureNetwork(fixture, "teacher", manifest.teacherWidth());
        natural = fixture.images("x");
        labels = fixture.labels("labels", manifest.batch(), manifest.classes());
        for (String kind : new String[] {"gauss", "uniform"}) {
            if (fixture.has("noise_" + kind)) {
                noise.put(kind, fixture.array("noise_" + kind, natural.shape()));
            }
        }
    }

    /** x, a tensor of the current scope. */
    Tensor natural() {
        return LibTorch.images(Fixture.SHAPE, natural.floats());
    }

    int[] shape() {
        return natural.shape();
    }

    /** The noise that starts of a kind add to x, or null where the fixture does not have it. */
    @Nullable
    Npy noise(String kind) {
        return noise.get(kind);
    }

    /** A frozen network in the teacher's or the student's state; close it. */
    static Classifier frozen(ComputationGraph graph, CompilePasses passes) {
        try (TorchNetwork network = new TorchNetwork(graph)) {
            return network.freeze(passes);
        }
    }
}
