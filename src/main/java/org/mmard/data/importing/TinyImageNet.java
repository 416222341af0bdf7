package org.mmard.data.importing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * Tiny-ImageNet as Stanford's CS231n published it: classes in the order of {@code wnids.txt}, named by the first word of
 * {@code words.txt}; training images in the order of their names, the classes in turns; the validation images, in the order of
 * {@code val_annotations.txt}, for a test set, since the official one has no labels.
 */
final class TinyImageNet {
    private static final ImageShape SHAPE = new ImageShape(3, 64, 64);
    private static final Pattern WORDNET_ID = Pattern.compile("n[0-9]{8}");
    private static final int LONGEST_TEXT = 16 << 20;

    private TinyImageNet() {}

    static Pictures open(String uri, Configuration hadoop) {
        SourceFiles files = SourceFiles.open(uri, hadoop);
        try {
            List<String> ids = ids(files);
            List<List<String>> train = new ArrayList<>();
            for (String id : ids) {
                String folder = "train/" + id + "/images";
                List<String> names = files.list(folder, false);
                if (names.isEmpty()) {
                    throw new InputError(files.location(folder) + ": has no images");
                }
                train.add(names.stream().map(name -> folder + "/" + name).toList());
            }
            return new Pictures(files, "Tiny-ImageNet", SHAPE, names(files, ids), Pictures.inTurns(train), validation(files, ids));
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private static List<String> lines(SourceFiles files, String path) {
        return new String(files.read(path, LONGEST_TEXT), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
    }

    private static List<String> ids(SourceFiles files) {
        List<String> ids = lines(files, "wnids.txt").stream().map(String::strip).toList();
        boolean right = ids.stream().allMatch(id -> WORDNET_ID.matcher(id).matches()) && new HashSet<>(ids).size() == ids.size();
        if (!right || ids.size() < 2 || ids.size() > ImageSet.MOST_CLASSES) {
            throw new InputError(files.location("wnids.txt") + ": is no list of 2 to " + ImageSet.MOST_CLASSES
                    + " classes, such as n01443537, one on each line");
        }
        return ids;
    }

    /** The first of each class's words; of two classes with the same, the second has its id, too. */
    private static List<String> names(SourceFiles files, List<String> ids) {
        Map<String, String> words = new HashMap<>();
        for (String line : lines(files, "words.txt")) {
            int tab = line.indexOf('\t');
            if (tab > 0) {
                words.put(line.substring(0, tab), line.substring(tab + 1).split(",", 2)[0].strip());
            }
        }
        List<String> names = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (String id : ids) {
            String word = words.getOrDefault(id, "");
            String name = word.isEmpty() || !Printable.isLine(word) ? id : word;
            names.add(taken.add(name) ? name : name + " (" + id + ")");
        }
        return names;
    }

    private static List<Pictures.Picture> validation(SourceFiles files, List<String> ids) {
        String path = "val/val_annotations.txt";
        List<Pictures.Picture> pictures = new ArrayList<>();
        for (String line : lines(files, path)) {
            String[] columns = line.split("\t", 3);
            int label = columns.length < 2 ? -1 : ids.indexOf(columns[1]);
            if (label < 0 || columns[0].contains("/") || columns[0].isEmpty() || !Printable.isLine(columns[0])) {
                throw new InputError(files.location(path) + ": line " + (pictures.size() + 1)
                        + " does not name an image and one of the classes of wnids.txt, with a tab between");
            }
            pictures.add(new Pictures.Picture("val/images/" + columns[0], label));
        }
        if (pictures.isEmpty()) {
            throw new InputError(files.location(path) + ": names no images");
        }
        return pictures;
    }
}
