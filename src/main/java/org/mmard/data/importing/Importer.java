package org.mmard.data.importing;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageRecords;
import org.mmard.failure.InputError;

/** What {@code mmard data import --from} knows, and how each is read. */
public enum Importer {
    /** Netzer et al., "Reading digits in natural images", 2011: the folder of {@code train_32x32.mat} and {@code test_32x32.mat}. */
    SVHN {
        @Override
        public ImageRecords open(String uri, Configuration hadoop) {
            return new Svhn(uri, hadoop);
        }
    },
    /** The official {@code tiny-imagenet-200.zip}, or the folder in it; its labelled validation images become the test set. */
    TINY_IMAGENET {
        @Override
        public ImageRecords open(String uri, Configuration hadoop) {
            return TinyImageNet.open(uri, hadoop);
        }
    },
    /** CIFAR-10 or CIFAR-100 in the Python version, which torchvision downloads: its folder, or the one above. */
    CIFAR_PYTHON {
        @Override
        public ImageRecords open(String uri, Configuration hadoop) {
            return CifarPython.open(uri, hadoop);
        }
    },
    /** CIFAR-100 in the Python version, by its twenty coarse labels. */
    CIFAR_100_COARSE {
        @Override
        public ImageRecords open(String uri, Configuration hadoop) {
            return CifarPython.openCoarse(uri, hadoop);
        }
    },
    /** PNG or JPEG files in {@code train/CLASS/} and {@code test/CLASS/}, in a folder or a zip, all of one size. */
    FOLDERS {
        @Override
        public ImageRecords open(String uri, Configuration hadoop) {
            return ClassFolders.open(uri, hadoop);
        }
    };

    /** @throws InputError where there is no such format */
    public static Importer named(String name) {
        return Arrays.stream(values()).filter(each -> each.toString().equals(name)).findFirst()
                .orElseThrow(() -> new InputError("--from " + name + ": give one of " + names()));
    }

    /** All names, separated by commas. */
    public static String names() {
        return Arrays.stream(values()).map(Importer::toString).collect(Collectors.joining(", "));
    }

    /**
     * The data set at a place.
     *
     * @throws InputError where it is missing, damaged, or something else
     */
    public abstract ImageRecords open(String uri, Configuration hadoop);

    /** As users write it, such as {@code tiny-imagenet}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
