package org.mmard.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the tensors of a dictionary fit a network of the zoo: under which names its parameters stand there, and what is wrong where one does
 * not. The names may have any prefix, as long as all have the same: {@code module.} of DataParallel, {@code _orig_mod.} of torch.compile,
 * {@code 1.} of a Sequential whose first part normalises, or several of them.
 *
 * @param prefix before the names, with its dot, or empty
 * @param entries the names in the file, by DL4J's parameter
 * @param problem in words, after the file's name; null where all fit
 */
record WeightsFit(String architecture, TensorGroup group, String prefix, Map<String, String> entries, @Nullable String problem) {
    private static final int LISTED = 5;

    /** Every fit of a network in this dictionary, or else the one that comes nearest. */
    static List<WeightsFit> of(String architecture, List<ZooParameter> parameters, TensorGroup group) {
        List<WeightsFit> tried = prefixes(parameters, group).stream().map(prefix -> of(architecture, parameters, group, prefix)).toList();
        List<WeightsFit> complete = tried.stream().filter(WeightsFit::isComplete).toList();
        return complete.isEmpty() ? tried.stream().max(Comparator.comparingInt(fit -> fit.entries.size())).stream().toList() : complete;
    }

    /** The tensor of a parameter that was found. */
    TorchTensor tensor(String parameter) {
        return group.tensor(Objects.requireNonNull(entries.get(parameter), parameter));
    }

    boolean isComplete() {
        return problem == null;
    }

    /** Where the network is in the file: the dictionary's path and the prefix, such as {@code state_dict.module}. */
    String place() {
        String inner = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
        return group.path().isEmpty() || inner.isEmpty() ? group.path() + inner : group.path() + "." + inner;
    }

    /** Whether a user may mean this one by a name: that of the dictionary, of the prefix, or both. */
    boolean isCalled(String name) {
        return name.equals(place()) || name.equals(group.path()) || (name + ".").equals(prefix);
    }

    /** The prefixes before the names of the first parameter; none where it is not there: then what is missing is said as if there were. */
    private static Set<String> prefixes(List<ZooParameter> parameters, TensorGroup group) {
        Set<String> prefixes = new LinkedHashSet<>();
        for (String name : group.tensors().keySet()) {
            for (String entry : parameters.get(0).entries()) {
                if (name.equals(entry) || name.endsWith("." + entry)) {
                    prefixes.add(name.substring(0, name.length() - entry.length()));
                }
            }
        }
        if (prefixes.isEmpty()) {
            prefixes.add("");
        }
        return prefixes;
    }

    private static WeightsFit of(String architecture, List<ZooParameter> parameters, TensorGroup group, String prefix) {
        Map<String, String> entries = new LinkedHashMap<>();
        String problem = null;
        for (ZooParameter parameter : parameters) {
            String entry = parameter.entries().stream().map(prefix::concat).filter(group.tensors()::containsKey).findFirst().orElse(null);
            if (entry == null) {
                if (!parameter.mayBeMissing() && problem == null) {
                    problem = missing(architecture, parameter, group, prefix);
                }
                continue;
            }
            List<Long> shape = Arrays.stream(group.tensor(entry).shape()).boxed().toList();
            if (parameter.fits(shape)) {
                entries.put(parameter.name(), entry);
            } else if (problem == null) {
                problem = "entry " + entry + ": shape " + shape + ", where " + (parameter.shape().get(0) == ZooParameter.ANY
                        ? "the last layer of a classifier has [classes, features]: of " + architecture + " with "
                                + parameter.shape().stream().skip(1).map(size -> size + " features").findFirst().orElse("as many biases")
                        : architecture + " has " + parameter.shape());
            }
        }
        return new WeightsFit(architecture, group, prefix, entries, problem);
    }

    private static String missing(String architecture, ZooParameter parameter, TensorGroup group, String prefix) {
        List<String> names = parameter.entries().stream().map(prefix::concat).toList();
        for (String name : names) {
            if (group.others().containsKey(name)) {
                return "entry " + name + ": no tensor, but " + group.others().get(name);
            }
        }
        List<String> there = new ArrayList<>(group.tensors().keySet());
        return "entry " + String.join(" or ", names) + " is missing, which " + architecture + " has; "
                + (group.path().isEmpty() ? "it" : group.path()) + " has "
                + String.join(", ", there.subList(0, Math.min(LISTED, there.size())))
                + (there.size() > LISTED ? ", ..." : "");
    }
}
