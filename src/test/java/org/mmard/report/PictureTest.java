package org.mmard.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.mmard.data.ImageShape;

class PictureTest {
    private static final int PLANE = ImageShape.CIFAR.plane();

    @Test
    void showsThePixelsOfItsExampleAsSquares() {
        float[] pixels = new float[2 * ImageShape.CIFAR.size()];
        int at = ImageShape.CIFAR.size() + 5 * ImageShape.CIFAR.width() + 7;
        pixels[at] = 1;
        pixels[at + PLANE] = 0.5f;
        pixels[at + 2 * PLANE] = 1.2f;
        BufferedImage image = Picture.of(ImageShape.CIFAR, pixels, 1, 3);
        assertEquals(96, image.getWidth());
        assertEquals(0xff80ff, image.getRGB(7 * 3 + 2, 5 * 3) & 0xffffff);
        assertEquals(0xff80ff, image.getRGB(7 * 3, 5 * 3 + 2) & 0xffffff);
        assertEquals(0, image.getRGB(7 * 3 + 3, 5 * 3) & 0xffffff);
        assertEquals(0, Picture.of(ImageShape.CIFAR, pixels, 0, 3).getRGB(7 * 3, 5 * 3) & 0xffffff);
    }

    @Test
    void perturbationIsGreyWhereNothingChangedAndFullAtTheEndsOfTheBall() {
        float[] shown = Picture.perturbation(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.6f, 0.45f}, 0.1);
        assertEquals(0.5, shown[0], 1e-6);
        assertEquals(1, shown[1], 1e-6);
        assertEquals(0.25, shown[2], 1e-6);
    }

    @Test
    void uriHoldsAPng() throws IOException {
        String uri = Picture.uri(Picture.of(ImageShape.CIFAR, new float[ImageShape.CIFAR.size()], 0, 1));
        assertTrue(uri.startsWith("data:image/png;base64,"));
        assertEquals(32, ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(uri.split(",")[1]))).getHeight());
    }
}
