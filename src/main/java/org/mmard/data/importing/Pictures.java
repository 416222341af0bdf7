package org.mmard.data.importing;

import java.util.ArrayList;
import java.util.List;
import org.mmard.data.ImageRecords;
import org.mmard.data.ImageShape;

/**
 * A data set of picture files, whose paths and labels are known.
 *
 * @param files closed with this
 */
record Pictures(SourceFiles files, String title, ImageShape shape, List<String> classNames, List<Picture> train, List<Picture> test)
        implements ImageRecords {
    /**
     * @param path of its file
     * @param label from 0
     */
    record Picture(String path, int label) {}

    /**
     * The pictures of all classes in turns, so that the first so many are of all classes.
     *
     * @param byClass paths of each class
     */
    static List<Picture> inTurns(List<List<String>> byClass) {
        List<Picture> pictures = new ArrayList<>();
        int longest = byClass.stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < longest; i++) {
            for (int label = 0; label < byClass.size(); label++) {
                if (i < byClass.get(label).size()) {
                    pictures.add(new Picture(byClass.get(label).get(i), label));
                }
            }
        }
        return pictures;
    }

    @Override
    public void train(Receiver receiver) {
        read(train, receiver);
    }

    @Override
    public void test(Receiver receiver) {
        read(test, receiver);
    }

    private void read(List<Picture> pictures, Receiver receiver) {
        for (Picture picture : pictures) {
            byte[] file = files.read(picture.path, PictureDecoder.LONGEST);
            receiver.add(picture.label, PictureDecoder.pixels(file, shape, files.location(picture.path)));
        }
    }

    @Override
    public void close() {
        files.close();
    }
}
