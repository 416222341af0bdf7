package org.mmard.data;

import java.util.List;
import java.util.stream.IntStream;

/** Records of any shape, decided by their number alone; the classes take turns. */
public record GeneratedRecords(String title, ImageShape shape, int classes, int training, int testing) implements ImageRecords {
    /** The value of a record at an index. */
    static int value(int record, int index) {
        return (record * 31 + index * 7) % 256;
    }

    @Override
    public List<String> classNames() {
        return IntStream.range(0, classes).mapToObj(c -> "class" + c).toList();
    }

    @Override
    public void train(Receiver receiver) {
        records(training, receiver);
    }

    @Override
    public void test(Receiver receiver) {
        records(testing, receiver);
    }

    private void records(int count, Receiver receiver) {
        byte[] pixels = new byte[shape.size()];
        for (int record = 0; record < count; record++) {
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) value(record, i);
            }
            receiver.add(record % classes, pixels);
        }
    }

    @Override
    public void close() {}
}
