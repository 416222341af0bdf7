package org.mmard.model;

import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

/**
 * A model from a file of either kind: mmard's own zip, which says which network it is, or PyTorch weights, of which the user has to say it.
 */
public final class Models {
    private Models() {}

    /**
     * @param architecture name in the zoo; null where the file is a zip, which knows it
     * @param shape of the images that PyTorch weights are for, which fit any height and width; a zip knows its own
     * @throws InputError in one line that names the file, and the entry where there is one, when the model cannot be had from it
     */
    public static ModelFile.Model read(String uri, String architecture, ImageShape shape, Configuration hadoop) {
        if (TorchFile.isOne(uri, hadoop)) {
            if (architecture == null) {
                throw new InputError(uri + ": PyTorch weights do not say which network they are of; give its name with --architecture");
            }
            return TorchImport.read(uri, architecture, shape, hadoop);
        }
        ModelFile.Model model = ModelFile.read(uri, hadoop);
        if (architecture != null && !architecture.equals(model.metadata().architecture())) {
            throw new InputError(uri + " is a " + model.metadata().architecture() + ", not a " + architecture);
        }
        return model;
    }
}
