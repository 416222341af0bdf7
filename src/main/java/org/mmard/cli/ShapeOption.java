package org.mmard.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import picocli.CommandLine.Option;

/** {@code --shape}, for networks that do not say themselves what images they are for. */
final class ShapeOption {
    private static final Pattern SHAPE = Pattern.compile("([0-9]{1,4})x([0-9]{1,4})x([0-9]{1,4})");

    @Option(names = "--shape", paramLabel = "CxHxW",
            description = "Channels, height and width of the images it is for, such as 3x64x64 (default: 3x32x32). A model zip knows it.")
    private String shape;

    boolean isGiven() {
        return shape != null;
    }

    /** @throws InputError where it is no shape that images have */
    ImageShape shape() {
        if (shape == null) {
            return ImageShape.CIFAR;
        }
        Matcher numbers = SHAPE.matcher(shape);
        if (!numbers.matches()) {
            throw new InputError("--shape " + shape + ": give channels, height and width, such as 3x64x64");
        }
        try {
            return new ImageShape(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)),
                    Integer.parseInt(numbers.group(3)));
        } catch (IllegalArgumentException e) {
            throw new InputError("--shape " + shape + ": " + e.getMessage(), e);
        }
    }
}
