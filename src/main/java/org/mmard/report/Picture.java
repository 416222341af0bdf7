package org.mmard.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.mmard.data.ImageSet;

/** Images of a batch as a screen shows them. */
public final class Picture {
    private Picture() {}

    /**
     * One image, each of its pixels a square.
     *
     * @param pixels shape [examples, 3, 32, 32]; what is outside [0, 1] is cut off
     * @param zoom side of the squares, at least 1
     */
    public static BufferedImage of(float[] pixels, int example, int zoom) {
        BufferedImage image = new BufferedImage(ImageSet.WIDTH * zoom, ImageSet.HEIGHT * zoom, BufferedImage.TYPE_INT_RGB);
        int plane = ImageSet.HEIGHT * ImageSet.WIDTH;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int at = example * ImageSet.PIXELS + y / zoom * ImageSet.WIDTH + x / zoom;
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
