package org.mmard.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.mmard.data.ImageShape;

/** Images of a batch as a screen shows them. */
public final class Picture {
    private Picture() {}

    /**
     * One image, each of its pixels a square.
     *
     * @param shape of one image, grey or colour
     * @param pixels shape [examples, channels, height, width]; what is outside [0, 1] is cut off
     * @param zoom side of the squares, at least 1
     */
    public static BufferedImage of(ImageShape shape, float[] pixels, int example, int zoom) {
        BufferedImage image = new BufferedImage(shape.width() * zoom, shape.height() * zoom, BufferedImage.TYPE_INT_RGB);
        // Of a grey image all three levels are those of its one plane.
        int plane = shape.channels() == 1 ? 0 : shape.plane();
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int at = example * shape.size() + y / zoom * shape.width() + x / zoom;
                image.setRGB(x, y, level(pixels[at]) << 16 | level(pixels[at + plane]) << 8 | level(pixels[at + 2 * plane]));
            }
        }
        return image;
    }

    private static int level(float value) {
        return Math.round(255 * Math.max(0, Math.min(1, value)));
    }

    /**
     * The change from natural to adversarial images, to be looked at: grey where there is none, black and white at the ends of the ball.
     */
    public static float[] perturbation(float[] natural, float[] adversarial, double epsilon) {
        float[] shown = new float[natural.length];
        for (int i = 0; i < shown.length; i++) {
            shown[i] = (float) (0.5 + (adversarial[i] - natural[i]) / (2 * epsilon));
        }
        return shown;
    }

    /** A picture as a data URI of HTML. */
    public static String uri(BufferedImage picture) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
    }
}
