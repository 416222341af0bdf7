package org.mmard.model;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code cnn-16-32-64}, any list of widths: a 3x3 convolution to each width, stride 1 then 2, each with batch norm and ReLU. */
final class PlainCnn implements Architecture {
    private static final Pattern NAME = Pattern.compile("cnn(-[1-9][0-9]{0,3})+");
    private static final int LONGEST_NAME = 200;

    @Override
    public String name() {
        return "cnn";
    }

    @Override
    public boolean has(String name) {
        // Java's patterns take stack for each repetition.
        return name.length() <= LONGEST_NAME && NAME.matcher(name).matches();
    }

    @Override
    public String usage() {
        return "cnn-<widths> such as cnn-16-32-64";
    }

    @Override
    public List<String> guesses(Map<String, List<Long>> entries) {
        StringBuilder name = new StringBuilder("cnn");
        for (int i = 1;; i++) {
            String suffix = "conv" + i + ".weight";
            Optional<List<Long>> shape = StateDictNames.shape(entries, Pattern.quote(suffix));
            if (shape.isEmpty()) {
                break;
            }
            name.append('-').append(shape.get().get(0));
        }
        return has(name.toString()) ? List.of(name.toString()) : List.of();
    }

    @Override
    public void describe(String name, GraphPlan plan) {
        int[] widths = Arrays.stream(name.substring("cnn-".length()).split("-")).mapToInt(Integer::parseInt).toArray();
        for (int i = 0; i < widths.length; i++) {
            String number = Integer.toString(i + 1);
            plan.convolution("conv" + number, widths[i], 3, i == 0 ? 1 : 2).batchNorm("bn" + number).relu("relu" + number);
        }
    }
}
