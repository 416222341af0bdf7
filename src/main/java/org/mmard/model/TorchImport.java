package org.mmard.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Reason;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.mmard.files.Unpickler;

/**
 * Finds a network of the zoo in a file of another framework's weights, and makes a model of it. A file may hold several networks, copies of
 * one, averages, normalisation, and whatever else a training had at hand: what is taken is decided by what fits the network, and said.
 */
final class TorchImport {
    /** The names under which codes save the network itself. */
    private static final List<String> PLAIN =
            List.of("", "state_dict", "model_state_dict", "model_state", "model", "net", "network", "student", "weights", "params");
    private static final Pattern AVERAGE = Pattern.compile("(?i)(.*[._])?(ema|swa|avg|average|averaged)([._].*)?");
    private static final Pattern MEAN = Pattern.compile("(.*[._])?(mean|means|mu)");
    private static final Map<String, String> DEVIATION = Map.of("mean", "std", "means", "stds", "mu", "sigma");
    /** DL4J keeps depthwise weights [height, width, channels, 1], PyTorch [channels, 1, height, width]; the way back is the same. */
    private static final int[] DEPTHWISE_FROM_DL4J = {2, 3, 0, 1};

    private final String uri;
    private final TorchFile file;
    private final WeightsChoice choice;
    private final ImageShape shape;
    private final List<String> notes = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    /** The entries of other networks, and of copies of the chosen one, beside it in its dictionary. */
    private final Set<String> ofOthers = new HashSet<>();

    private TorchImport(String uri, TorchFile file, WeightsChoice choice, ImageShape shape) {
        this.uri = uri;
        this.file = file;
        this.choice = choice;
        this.shape = shape;
    }

    /**
     * @param shape of the images it is for; the number of classes is that of the file's last layer
     * @throws InputError in one line that names the entry, where the file is damaged, or holds no network of this name, or several
     */
    static Models.Found read(String uri, WeightsChoice choice, ImageShape shape, Configuration hadoop) {
        if (choice.normalisation() != null && choice.normalisation().mean().size() != shape.channels()) {
            throw new InputError(
                    "--mean and --std want a number for each channel: they have " + choice.normalisation().mean().size()
                            + ", where images of " + shape + " have " + shape.channels() + " channels");
        }
        if (choice.architecture() != null) {
            Architectures.of(choice.architecture(), shape, 2, 0);
        }
        try (TorchFile file = TorchFile.open(uri, hadoop)) {
            return new TorchImport(uri, file, choice, shape).model(ModelFile.checksum(uri, hadoop));
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private Models.Found model(String checksum) {
        WeightsFit fit = chosen(fits());
        int classes = Math.toIntExact(fit.tensor(ZooParameter.LAST_WEIGHT).shape()[0]);
        Normalisation normalisation = normalisation(fit);
        ComputationGraphConfiguration configuration =
                Architectures.of(fit.architecture(), shape, classes, 0, normalisation != null);
        MemoryDemand.require(fit.architecture(), configuration, shape);
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        fit.entries().forEach((parameter, entry) -> fill(graph, parameter, entry, fit.group().tensor(entry)));
        graph.paramTable().forEach((parameter, view) -> {
            if (!fit.entries().containsKey(parameter)) {
                // The bias of a last layer without one, or the normalisation's, which comes next.
                view.assign(0);
            }
        });
        if (normalisation != null) {
            normalisation.install(graph);
            notes.add("normalises its images inside: " + normalisation);
        } else if (PreActivation.isDeepMind(fit.architecture())) {
            notes.add("nothing in the file normalises the images; where the network's code does, as DeepMind's, give --mean and --std");
        }
        if (graph.paramTable().size() > fit.entries().size() + (normalisation == null ? 0 : 2)) {
            notes.add("its last layer has no bias: zeros take its place");
        }
        skipped.addAll(TensorGroup.beside(file.saved(), fit.group().path()));
        List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        Map<String, String> provenance = new LinkedHashMap<>(Map.of("imported-from", uri, ModelFile.IMPORTED_SHA256, checksum));
        if (!fit.place().isEmpty()) {
            provenance.put("imported-entry", fit.place());
        }
        ModelFile.Metadata metadata = new ModelFile.Metadata(fit.architecture(), shape, names, "not known: the weights are from PyTorch",
                provenance);
        return new Models.Found(new ModelFile.Model(graph, metadata, null, Map.of()), List.copyOf(notes), List.copyOf(skipped));
    }

    /** What fits the network that was named, or of all networks; where nothing does, the nearest. */
    private List<WeightsFit> fits() {
        List<TensorGroup> groups = TensorGroup.in(file.saved());
        if (groups.isEmpty()) {
            throw nothing();
        }
        List<WeightsFit> fits = new ArrayList<>();
        if (choice.architecture() != null) {
            List<ZooParameter> parameters = ZooParameter.of(choice.architecture(), shape);
            groups.forEach(group -> fits.addAll(WeightsFit.of(choice.architecture(), parameters, group)));
            return fits;
        }
        Map<String, List<ZooParameter>> known = new LinkedHashMap<>();
        for (TensorGroup group : groups) {
            for (String name : Architectures.guesses(group.shapes())) {
                fits.addAll(WeightsFit.of(name, known.computeIfAbsent(name, each -> ZooParameter.of(each, shape)), group).stream()
                        .filter(WeightsFit::isComplete).toList());
            }
        }
        if (fits.isEmpty()) {
            TensorGroup first = groups.get(0);
            throw new InputError(uri + ": its entries " + first.tensors().keySet().stream().limit(5).toList()
                    + (first.tensors().size() > 5 ? " and " + (first.tensors().size() - 5) + " others" : "")
                    + " fit no network of the zoo; with --architecture NAME, what differs from that network is said");
        }
        return fits;
    }

    private InputError nothing() {
        Object saved = file.saved();
        if (saved instanceof Unpickler.Inert object) {
            return new InputError(uri + ": holds an object, " + object.name() + ", which its code would have to make; nothing in a file "
                    + "is ever run or built. In PyTorch, save model.state_dict() alone");
        }
        if (saved instanceof Map<?, ?> top && !top.isEmpty()) {
            String entries = top.entrySet().stream().limit(10).map(each -> each.getKey() + " (" + TensorGroup.kind(each.getValue()) + ")")
                    .collect(Collectors.joining(", "));
            return new InputError(uri + ": holds no state_dict among its entries " + entries + "; in PyTorch, save model.state_dict()");
        }
        return new InputError(uri + ": holds no state_dict; in PyTorch, save model.state_dict()");
    }

    private WeightsFit chosen(List<WeightsFit> fits) {
        List<WeightsFit> wanted = new ArrayList<>(fits);
        if (choice.entry() != null) {
            wanted.removeIf(fit -> !fit.isCalled(choice.entry()));
            if (wanted.isEmpty()) {
                throw new InputError(uri + ": --entry " + choice.entry() + ": there is no such network in the file; there "
                        + (fits.size() == 1 ? "is " : "are ") + places(fits));
            }
        }
        // Of two networks that fit, the one that leaves less over.
        List<WeightsFit> complete = wanted.stream().filter(WeightsFit::isComplete)
                .sorted(Comparator.<WeightsFit>comparingInt(fit -> fit.entries().size()).reversed()).toList();
        if (complete.isEmpty()) {
            WeightsFit nearest = wanted.stream().max(Comparator.<WeightsFit>comparingInt(fit -> fit.entries().size())
                    .thenComparing(fit -> PLAIN.contains(fit.group().path()))).orElseThrow();
            throw new InputError(uri + ": " + nearest.problem());
        }
        WeightsFit chosen = ofPrefix(ofPath(complete));
        Map<String, String> beside = new LinkedHashMap<>();
        for (WeightsFit fit : fits) {
            if (fit.isComplete() && fit.group().path().equals(chosen.group().path()) && !fit.prefix().equals(chosen.prefix())) {
                ofOthers.addAll(fit.entries().values());
                beside.putIfAbsent(fit.prefix(), fit.architecture());
            }
        }
        beside.forEach((prefix, architecture) -> skipped.add(prefix + "* (" + architecture + ")"));
        if (choice.architecture() == null) {
            String others = complete.stream()
                    .filter(fit -> fit.group().path().equals(chosen.group().path()) && fit.prefix().equals(chosen.prefix())
                            && fit.entries().size() == chosen.entries().size())
                    .map(WeightsFit::architecture).filter(name -> !name.equals(chosen.architecture())).collect(Collectors.joining(", "));
            notes.add("taken for " + chosen.architecture() + " by its entries"
                    + (others.isEmpty() ? "" : "; " + others + " would have the same: give --architecture where that is meant"));
        }
        return chosen;
    }

    /** Of several dictionaries that fit, the one of the name under which codes save the network itself. */
    private List<WeightsFit> ofPath(List<WeightsFit> complete) {
        Map<String, List<WeightsFit>> byPath =
                complete.stream().collect(Collectors.groupingBy(fit -> fit.group().path(), LinkedHashMap::new, Collectors.toList()));
        if (byPath.size() == 1) {
            return complete;
        }
        List<String> plain = byPath.keySet().stream().filter(PLAIN::contains).toList();
        if (plain.size() != 1) {
            throw several(byPath.keySet());
        }
        List<String> others = byPath.keySet().stream().filter(path -> !path.equals(plain.get(0))).toList();
        notes.add("took " + (plain.get(0).isEmpty() ? "the outermost entries" : plain.get(0)) + "; there "
                + (others.size() == 1 ? "is " : "are ")
                + others.stream().map(path -> path + (AVERAGE.matcher(path).matches() ? ", an average of weights" : ""))
                        .collect(Collectors.joining(", "))
                + " too: --entry takes " + (others.size() == 1 ? "it" : "one of them"));
        return complete.stream().filter(fit -> fit.group().path().equals(plain.get(0))).toList();
    }

    /** Of several prefixes that fit, the shortest, where the others have copies of the same. */
    private WeightsFit ofPrefix(List<WeightsFit> complete) {
        Map<String, WeightsFit> byPrefix = new LinkedHashMap<>();
        complete.forEach(fit -> byPrefix.putIfAbsent(fit.prefix(), fit));
        WeightsFit shortest = byPrefix.values().stream().min(Comparator.comparingInt(fit -> fit.prefix().length())).orElseThrow();
        Set<String> different = byPrefix.values().stream().filter(fit -> !isSame(fit, shortest)).map(WeightsFit::place)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (!different.isEmpty()) {
            different.add(shortest.place());
            throw several(different);
        }
        return shortest;
    }

    /** Whether two places have the same network with the same weights, as a module that is registered twice has. */
    private boolean isSame(WeightsFit fit, WeightsFit other) {
        return fit.architecture().equals(other.architecture()) && fit.entries().entrySet().stream().allMatch(entry -> {
            String theirs = other.entries().get(entry.getKey());
            return theirs != null && Arrays.equals(values(entry.getValue(), fit.group().tensor(entry.getValue())),
                    values(theirs, other.group().tensor(theirs)));
        });
    }

    private InputError several(Set<String> places) {
        return new InputError(uri + ": holds several networks that fit ("
                + places.stream().map(place -> place.isEmpty() ? "the outermost entries" : place).collect(Collectors.joining(", "))
                + "); choose one with --entry");
    }

    private static String places(List<WeightsFit> fits) {
        return fits.stream().map(WeightsFit::place).distinct().limit(10).map(place -> place.isEmpty() ? "its outermost entries" : place)
                .collect(Collectors.joining(", "));
    }

    /** What stands beside the network in its dictionary: normalisation, or what says nothing, or else the file is of another network. */
    private @Nullable Normalisation normalisation(WeightsFit fit) {
        Set<String> surplus = new LinkedHashSet<>(fit.group().tensors().keySet());
        surplus.removeAll(new HashSet<>(fit.entries().values()));
        surplus.removeAll(ofOthers);
        surplus.removeIf(name -> StateDictNames.isCounter(name)
                || (name.startsWith(fit.prefix()) && StateDictNames.isIdle(fit.architecture(), name.substring(fit.prefix().length()))));
        Predicate<String> scalar = name -> fit.group().tensor(name).shape().length == 0;
        surplus.stream().filter(scalar).forEach(name -> skipped.add(name + " (a number)"));
        surplus.removeIf(scalar);
        fit.group().others().forEach((name, kind) -> skipped.add(name + " (" + kind + ")"));
        Set<Normalisation> found = new LinkedHashSet<>();
        for (String mean : List.copyOf(surplus)) {
            String deviation = deviation(mean);
            if (deviation != null && surplus.contains(deviation) && isPerChannel(fit, mean) && isPerChannel(fit, deviation)) {
                surplus.remove(mean);
                surplus.remove(deviation);
                if (choice.normalisation() == null) {
                    found.add(normalisation(fit, mean, deviation));
                } else {
                    notes.add("--mean and --std take the place of its own " + mean + " and " + deviation);
                }
            }
        }
        if (choice.entry() != null) {
            // Who chooses a network by its prefix knows that there are others, be they of another architecture.
            Predicate<String> outside = name -> !name.startsWith(fit.prefix());
            surplus.stream().filter(outside).forEach(name -> skipped.add(name + " (a tensor)"));
            surplus.removeIf(outside);
        }
        if (!surplus.isEmpty()) {
            String first = surplus.iterator().next();
            throw refusal(first, fit.architecture() + " has no such part" + (surplus.size() == 1 ? "" : ", nor " + (surplus.size() - 1)
                    + " others") + (MEAN.matcher(first).matches() && isPerChannel(fit, first)
                            ? "; where it normalises the images, give --mean and --std and save the file without it" : ""),
                    null);
        }
        if (found.size() > 1) {
            throw new InputError(uri + ": normalises its images by two different means or deviations; give --mean and --std");
        }
        return choice.normalisation() != null ? choice.normalisation() : found.stream().findFirst().orElse(null);
    }

    private static @Nullable String deviation(String name) {
        Matcher mean = MEAN.matcher(name);
        return mean.matches() ? name.substring(0, mean.start(2)) + DEVIATION.get(mean.group(2)) : null;
    }

    private boolean isPerChannel(WeightsFit fit, String name) {
        long[] sizes = fit.group().tensor(name).shape();
        return Arrays.stream(sizes).reduce(1, (a, b) -> a * b) == shape.channels();
    }

    private Normalisation normalisation(WeightsFit fit, String mean, String deviation) {
        try {
            return new Normalisation(numbers(fit, mean), numbers(fit, deviation));
        } catch (InputError e) {
            throw refusal(mean, e.getMessage() + "; --mean and --std take its place", e);
        }
    }

    private List<Double> numbers(WeightsFit fit, String entry) {
        float[] values = values(entry, fit.group().tensor(entry));
        // Nine digits give the float back, and no more than what somebody wrote.
        return IntStream.range(0, values.length).mapToObj(i -> Double.valueOf(Float.toString(values[i]))).toList();
    }

    private float[] values(String entry, TorchTensor tensor) {
        try {
            return tensor.values(file.content(tensor.storage()));
        } catch (IOException e) {
            throw refusal(entry, Reason.of(e), e);
        }
    }

    private InputError refusal(String entry, String what, @Nullable Exception cause) {
        return new InputError(uri + ": entry " + entry + ": " + what, cause);
    }

    private void fill(ComputationGraph graph, String parameter, String entry, TorchTensor tensor) {
        INDArray view = Objects.requireNonNull(graph.paramTable().get(parameter), parameter);
        String vertex = parameter.substring(0, parameter.lastIndexOf('_'));
        boolean depthwise = graph.getLayer(vertex).conf().getLayer() instanceof DepthwiseConvolution2D && parameter.endsWith("_W");
        float[] values = values(entry, tensor);
        for (float value : values) {
            if (parameter.endsWith("_var") && value < 0) {
                throw refusal(entry, "has a variance of " + value, null);
            }
        }
        // DL4J's views lie in memory as PyTorch's tensors do: convolutions [out, in, height, width], dense weights [in, out] column by
        // column.
        view.assign(depthwise ? Nd4j.create(values, tensor.shape(), 'c').permute(DEPTHWISE_FROM_DL4J)
                : Nd4j.create(values, view.shape(), view.ordering()));
    }
}
