package org.mmard.model;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.TorchNetwork;
import org.mmard.fuzz.FuzzedReader;
import org.mmard.fuzz.Mutations;

/**
 * A model zip whose bytes, arrays, configuration or description are changed, or whose entries are doubled, dropped, renamed or blown up.
 * What is accepted, computes.
 */
public final class FuzzedModelZip implements FuzzedReader {
    /** The longest header of an array, and a few numbers. */
    private static final int HEADER = 140;
    private static final String[] CLASSES = {"org.mmard.model.Victim", "java.net.URL", "org.deeplearning4j.nn.conf.layers.SubsamplingLayer",
        "org.nd4j.linalg.activations.impl.ActivationCube"};

    private final Map<String, byte[]> good = good();

    @Override
    public String name() {
        return "model-zip";
    }

    private static Map<String, byte[]> good() {
        ComputationGraph graph = Architectures.network("cnn-2-3", 3, 5);
        graph.getUpdater().getStateViewArray().assign(0.25);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try {
            ModelFile.write(bytes, graph,
                    new ModelFile.Metadata("cnn-2-3", ImageShape.CIFAR, List.of("circle", "square", "star"), "shapes",
                            Map.of("seed", "5", "git", "abc")),
                    Map.of("state.json", "{}".getBytes(StandardCharsets.UTF_8), ModelFile.RAW, ModelFile.bytes(graph.params())));
            ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes.toByteArray()));
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), zip.readAllBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return entries;
    }

    @Override
    public void write(Path folder, SplittableRandom random) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>(good);
        HandZipped zip = new HandZipped();
        switch (random.nextInt(8)) {
            case 0, 1 -> entries.computeIfPresent(array(random), (name, content) -> damaged(content, random));
            case 2, 3 -> entries.put("configuration.json", configuration(random).getBytes(StandardCharsets.UTF_8));
            case 4 -> entries.put("mmard.json", Mutations.json(text("mmard.json"), random).getBytes(StandardCharsets.UTF_8));
            case 5 -> shuffle(entries, zip, random);
            default -> {}
        }
        entries.forEach(zip::entry);
        byte[] file = zip.bytes();
        Files.write(folder.resolve("model.zip"), random.nextInt(4) == 0 ? Mutations.bytes(file, random) : file);
    }

    private String text(String entry) {
        return new String(good.get(entry), StandardCharsets.UTF_8);
    }

    private static String array(SplittableRandom random) {
        return List.of("coefficients.bin", "coefficients.bin", "updaterState.bin", ModelFile.RAW).get(random.nextInt(4));
    }

    /** Mostly in the header, where the numbers are that steer. */
    private static byte[] damaged(byte[] array, SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return Mutations.bytes(array, random);
        }
        byte[] header = Mutations.bytes(Arrays.copyOf(array, HEADER), random);
        byte[] all = Arrays.copyOf(header, header.length + array.length - HEADER);
        System.arraycopy(array, HEADER, all, header.length, array.length - HEADER);
        return all;
    }

    private String configuration(SplittableRandom random) throws IOException {
        String json = text("configuration.json");
        if (random.nextBoolean()) {
            return Mutations.json(json, random);
        }
        List<Integer> places = new ArrayList<>();
        for (int at = json.indexOf("@class"); at >= 0; at = json.indexOf("@class", at + 1)) {
            places.add(at);
        }
        int at = places.get(random.nextInt(places.size()));
        String foreign = "@class\" : \"" + CLASSES[random.nextInt(CLASSES.length)];
        int end = json.indexOf('"', json.indexOf(" : \"", at) + 4);
        return json.substring(0, at) + (random.nextBoolean() ? foreign : foreign + "\", \"" + json.substring(at, end))
                + json.substring(end);
    }

    private static void shuffle(Map<String, byte[]> entries, HandZipped zip, SplittableRandom random) {
        List<String> names = new ArrayList<>(entries.keySet());
        String victim = names.get(random.nextInt(names.size()));
        switch (random.nextInt(6)) {
            case 0 -> zip.entry(victim, entries.get(victim));
            case 1 -> entries.remove(victim);
            case 2 -> entries.put("../" + victim, entries.remove(victim));
            case 3 -> entries.put("more.bin", new byte[1 << random.nextInt(22)]);
            case 4 -> entries.put(victim, new byte[1 << random.nextInt(24)]);
            default -> zip.claim(Mutations.number(random));
        }
    }

    @Override
    public void read(Path folder) {
        ModelFile.Model model = ModelFile.read(folder.resolve("model.zip").toString(), new Configuration(false));
        Outline.of(model.graph().getConfiguration(), model.metadata().shape());
        byte[] raw = model.extras().get(ModelFile.RAW);
        if (raw != null) {
            ModelFile.array("model.zip", ModelFile.RAW, raw, model.graph().numParams());
        }
        try (Classifier classifier = TorchNetwork.frozen(model.graph())) {
            classifier.logits(ImageShape.CIFAR, new float[ImageShape.CIFAR.size()]);
        }
    }
}
