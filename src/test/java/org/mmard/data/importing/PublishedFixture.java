package org.mmard.data.importing;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sinks;

/** Data sets as they are published, very small. */
public final class PublishedFixture {
    private static final List<String> IDS = List.of("n01443537", "n02124075", "n07873807", "n07920052");

    private PublishedFixture() {}

    /** The value of a pixel in {@link #svhn}. */
    static int digitPixel(int record, int channel, int row, int column) {
        return (record * 7 + channel * 50 + row * 3 + column) % 256;
    }

    /** The folder of SVHN; image r has label r + 1, and so the digits 1, 2, ..., 9, 0, 1, ... */
    public static void svhn(Path folder, int train, int test) throws IOException {
        digits(folder.resolve("train_32x32.mat"), train);
        digits(folder.resolve("test_32x32.mat"), test);
    }

    private static void digits(Path file, int records) throws IOException {
        Matrix images = Mat5.newMatrix(new int[] {32, 32, 3, records}, MatlabType.UInt8);
        Matrix labels = Mat5.newMatrix(new int[] {records, 1}, MatlabType.Double);
        for (int r = 0; r < records; r++) {
            labels.setDouble(r, r % 10 + 1);
            for (int c = 0; c < 3; c++) {
                for (int y = 0; y < 32; y++) {
                    for (int x = 0; x < 32; x++) {
                        images.setInt(new int[] {y, x, c, r}, digitPixel(r, c, y, x));
                    }
                }
            }
        }
        Mat5.writeToFile(Mat5.newMatFile().addArray("X", images).addArray("y", labels), file.toFile());
    }

    /** A picture of one colour, grey where asked for. */
    static byte[] picture(String format, int width, int height, int rgb, boolean grey) throws IOException {
        BufferedImage image = new BufferedImage(width, height, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (grey) {
                    image.getRaster().setSample(x, y, 0, rgb & 0xff);
                } else {
                    image.setRGB(x, y, rgb);
                }
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, format, out);
        return out.toByteArray();
    }

    /** The folder of Tiny-ImageNet with four classes: class c, image i has the grey level 40 c + i, the second as a grey JPEG. */
    public static void tinyImageNet(Path folder, int perClass) throws IOException {
        Files.createDirectories(folder.resolve("val/images"));
        Files.writeString(folder.resolve("wnids.txt"), String.join("\n", IDS) + "\n");
        Files.writeString(folder.resolve("words.txt"),
                "n01443537\tgoldfish, Carassius auratus\nn02124075\tEgyptian cat\nn07873807\tEgyptian cat, again\nn99999999\tother\n");
        StringBuilder annotations = new StringBuilder();
        for (int c = 0; c < IDS.size(); c++) {
            Path images = Files.createDirectories(folder.resolve("train").resolve(IDS.get(c)).resolve("images"));
            for (int i = 0; i < perClass; i++) {
                int level = 40 * c + i;
                Files.write(images.resolve(IDS.get(c) + "_" + i + ".JPEG"), picture("jpeg", 64, 64, 0x010101 * level, i == 1));
            }
            Files.write(folder.resolve("val/images/val_" + c + ".JPEG"), picture("jpeg", 64, 64, 0x010101 * (200 + c), false));
            annotations.append("val_").append(c).append(".JPEG\t").append(IDS.get(c)).append("\t0\t0\t62\t62\n");
        }
        Files.writeString(folder.resolve("val/val_annotations.txt"), annotations);
    }

    /** A zip of a folder under that folder's own name. */
    public static void zip(Path folder, Path zip) throws IOException {
        try (OutputStream out = Files.newOutputStream(zip); ZipOutputStream entries = new ZipOutputStream(out);
                Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.filter(Files::isRegularFile).sorted().toList()) {
                entries.putNextEntry(new ZipEntry(folder.getFileName() + "/" + folder.relativize(each)));
                entries.write(Files.readAllBytes(each));
                entries.closeEntry();
            }
        }
    }

    /** Two classes, red and blue, as PNG files of 5 rows and 4 columns. */
    public static void folders(Path folder) throws IOException {
        for (String part : List.of("train", "test")) {
            for (String name : List.of("red", "blue")) {
                Path images = Files.createDirectories(folder.resolve(part).resolve(name));
                for (int i = 0; i < 2; i++) {
                    Files.write(images.resolve(i + ".png"), picture("png", 4, 5, name.equals("red") ? 0xff0000 : 0x0000ff, false));
                }
            }
        }
    }

    /** A file with X, but no y. */
    static void withoutLabels(Path file) throws IOException {
        try (var sink = Sinks.newStreamingFile(file.toFile())) {
            Mat5.newMatFile().addArray("X", Mat5.newMatrix(new int[] {32, 32, 3, 1}, MatlabType.UInt8)).writeTo(sink);
        }
    }
}
