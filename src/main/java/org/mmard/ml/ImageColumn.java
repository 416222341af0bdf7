package org.mmard.ml;

import java.util.Arrays;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

/**
 * A column of images: Spark's own image struct ({@code spark.read.format("image")}), or bytes of one shape, planes of red, green and blue one
 * after the other, each row by row, as CIFAR's files have them.
 */
final class ImageColumn {
    private static final int COLOURS = 3;

    private final String name;

    ImageColumn(String name) {
        this.name = name;
    }

    /** @throws InputError where the schema has no such column, or one of another type */
    void check(StructType schema) {
        if (!Arrays.asList(schema.fieldNames()).contains(name)) {
            throw new InputError("the data has no column '" + name + "': it has " + String.join(", ", schema.fieldNames())
                    + "; name the one with images by imageCol");
        }
        StructField field = schema.apply(name);
        DataType type = field.dataType();
        if (!(type instanceof BinaryType) && !isImage(type)) {
            throw new InputError("column '" + name + "' is of type " + type.simpleString()
                    + ", not images: give bytes, or Spark's image struct");
        }
    }

    private static boolean isImage(DataType type) {
        return type instanceof StructType struct && struct.fieldNames().length == ImageSchema.columnSchema().fieldNames().length
                && Arrays.equals(struct.fieldNames(), ImageSchema.columnSchema().fieldNames());
    }

    /**
     * The shape of a row's image. Of bytes alone, that of a square of three colours.
     *
     * @throws InputError where it is none
     */
    ImageShape shape(Row row) {
        Object value = value(row);
        if (value instanceof Row image) {
            if (image.getInt(image.fieldIndex("nChannels")) != COLOURS) {
                throw new InputError("column '" + name + "' has an image of " + image.getInt(image.fieldIndex("nChannels"))
                        + " channels, where three colours are wanted");
            }
            return new ImageShape(COLOURS, image.getInt(image.fieldIndex("height")), image.getInt(image.fieldIndex("width")));
        }
        byte[] bytes = (byte[]) value;
        int side = (int) Math.round(Math.sqrt(bytes.length / (double) COLOURS));
        if (side < 1 || COLOURS * side * side != bytes.length) {
            throw new InputError("column '" + name + "' has " + bytes.length
                    + " bytes in a row, which are no square image of three colours; give Spark's image struct for others");
        }
        return new ImageShape(COLOURS, side, side);
    }

    /**
     * A row's image as [channels, height, width] bytes.
     *
     * @throws InputError where its shape is another
     */
    byte[] pixels(Row row, ImageShape shape) {
        ImageShape found = shape(row);
        if (!found.equals(shape)) {
            throw new InputError(
                    "column '" + name + "' has an image of " + found + ", where " + shape + " is wanted; bring all to one shape");
        }
        Object value = value(row);
        return value instanceof Row image ? planes((byte[]) image.get(image.fieldIndex("data")), shape) : (byte[]) value;
    }

    private Object value(Row row) {
        Object value = row.get(row.fieldIndex(name));
        if (value == null) {
            throw new InputError("column '" + name + "' has a null, where an image is wanted; leave such rows out");
        }
        return value;
    }

    /** Spark keeps OpenCV's order: row by row, blue, green and red of a pixel together. */
    private static byte[] planes(byte[] interleaved, ImageShape shape) {
        byte[] planes = new byte[shape.size()];
        for (int pixel = 0; pixel < shape.plane(); pixel++) {
            for (int colour = 0; colour < COLOURS; colour++) {
                planes[colour * shape.plane() + pixel] = interleaved[COLOURS * pixel + COLOURS - 1 - colour];
            }
        }
        return planes;
    }
}
