package org.mmard.data.importing;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/** PNG and JPEG files as the planes of colour images. Their size is looked at before they are unpacked. */
final class PictureDecoder {
    /** Bytes of a file. */
    static final int LONGEST = 16 << 20;

    private static final List<String> FORMATS = List.of("png", "jpeg");

    private PictureDecoder() {}

    /**
     * The size of a picture, as one of red, green and blue.
     *
     * @param location of the file, for complaints
     */
    static ImageShape shape(byte[] file, String location) {
        return reading(file, location, reader -> {
            int height = reader.getHeight(0);
            int width = reader.getWidth(0);
            try {
                return new ImageShape(3, height, width);
            } catch (IllegalArgumentException e) {
                throw new InputError(location + ": " + e.getMessage(), e);
            }
        });
    }

    /**
     * The pixels of a picture; a grey one has three equal planes.
     *
     * @param shape that it has to have
     * @return unsigned bytes, [3, height, width]
     * @throws InputError where the file is damaged, neither PNG nor JPEG, or of another size
     */
    static byte[] pixels(byte[] file, ImageShape shape, String location) {
        return reading(file, location, reader -> {
            if (reader.getHeight(0) != shape.height() || reader.getWidth(0) != shape.width()) {
                throw new InputError(location + ": is " + reader.getHeight(0) + " x " + reader.getWidth(0) + " pixels, where "
                        + shape.height() + " x " + shape.width() + " are wanted");
            }
            return planes(reader.read(0), shape);
        });
    }

    private interface Reading<T> {
        T of(ImageReader reader) throws IOException;
    }

    private static <T> T reading(byte[] file, String location, Reading<T> what) {
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            ImageReader reader = readers.hasNext() ? readers.next() : null;
            if (reader == null || !FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                throw new InputError(location + ": is no PNG or JPEG file");
            }
            try {
                reader.setInput(in, true, true);
                return what.of(reader);
            } finally {
                reader.dispose();
            }
        } catch (InputError e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : Printable.value(e.getMessage());
            throw new InputError(location + ": a damaged picture (" + reason + ")", e);
        }
    }

    private static byte[] planes(BufferedImage picture, ImageShape shape) {
        byte[] pixels = new byte[shape.size()];
        int plane = shape.plane();
        Raster raster = picture.getRaster();
        // getRGB would take the values of a grey picture for light, not for sRGB, and brighten them.
        boolean grey = raster.getNumBands() < 3 && !(picture.getColorModel() instanceof IndexColorModel)
                && raster.getSampleModel().getSampleSize(0) == 8;
        for (int y = 0; y < shape.height(); y++) {
            for (int x = 0; x < shape.width(); x++) {
                int at = y * shape.width() + x;
                int level = grey ? raster.getSample(x, y, 0) : 0;
                int rgb = grey ? level << 16 | level << 8 | level : picture.getRGB(x, y);
                pixels[at] = (byte) (rgb >> 16);
                pixels[at + plane] = (byte) (rgb >> 8);
                pixels[at + 2 * plane] = (byte) rgb;
            }
        }
        return pixels;
    }
}
