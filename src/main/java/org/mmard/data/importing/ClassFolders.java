package org.mmard.data.importing;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * {@code train/CLASS/} and {@code test/CLASS/} with PNG or JPEG files, all of the size of the first. Classes and files are sorted by name.
 */
final class ClassFolders {
    private ClassFolders() {}

    static Pictures open(String uri, Configuration hadoop) {
        SourceFiles files = SourceFiles.open(uri, hadoop);
        try {
            List<String> classes = files.list("train", true);
            if (classes.size() < 2 || classes.size() > ImageSet.MOST_CLASSES) {
                throw new InputError(uri + ": has " + classes.size() + " folders in train, where 2 to " + ImageSet.MOST_CLASSES
                        + " are wanted, one of each class");
            }
            classes.stream().filter(name -> !Printable.isLine(name)).findFirst().ifPresent(name -> {
                throw new InputError(uri + ": class " + Printable.line(name) + " has characters that cannot be printed");
            });
            List<String> testClasses = files.list("test", true);
            testClasses.stream().filter(name -> !classes.contains(name)).findFirst().ifPresent(name -> {
                throw new InputError(uri + ": has test/" + Printable.line(name) + ", and no train/" + Printable.line(name));
            });
            List<Pictures.Picture> train = pictures(uri, files, "train", classes);
            List<Pictures.Picture> test = pictures(uri, files, "test", classes);
            String first = train.get(0).path();
            ImageShape shape = PictureDecoder.shape(files.read(first, PictureDecoder.LONGEST), files.location(first));
            return new Pictures(files, "images of " + uri, shape, classes, train, test);
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private static List<Pictures.Picture> pictures(String uri, SourceFiles files, String part, List<String> classes) {
        List<List<String>> byClass = new ArrayList<>();
        for (String name : classes) {
            String folder = part + "/" + name;
            byClass.add(files.list(folder, false).stream().filter(ClassFolders::isPicture).map(file -> folder + "/" + file).toList());
        }
        List<Pictures.Picture> pictures = Pictures.inTurns(byClass);
        if (pictures.isEmpty()) {
            throw new InputError(uri + ": has no .png, .jpg or .jpeg files in the folders of " + part);
        }
        return pictures;
    }

    private static boolean isPicture(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".png") || lower.endsWith(".jpg") || lower.endsWith(".jpeg");
    }
}
