package org.mmard.model;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;

/**
 * A model from a file of either kind: mmard's own zip, which says which network it is, or weights from PyTorch, which do not.
 */
public final class Models {
    private Models() {}

    /**
     * A model that was read.
     *
     * @param notes what was decided on the way, a line each; none for mmard's own zip
     * @param skipped what else the file holds, which was left alone: names, with what they are
     */
    public record Found(ModelFile.Model model, List<String> notes, List<String> skipped) {}

    /**
     * @param choice what the user says about weights from PyTorch; of mmard's own zip, the name of its architecture may be said
     * @param shape of the images that PyTorch weights are for, which fit any height and width; a zip knows its own
     * @throws InputError in one line that names the file, and the entry where there is one, when the model cannot be had from it
     */
    public static Found read(String uri, WeightsChoice choice, ImageShape shape, Configuration hadoop) {
        if (TorchFile.isOne(uri, hadoop)) {
            return TorchImport.read(uri, choice, shape, hadoop);
        }
        ModelFile.Model model = ModelFile.read(uri, hadoop);
        if (choice.architecture() != null && !choice.architecture().equals(model.metadata().architecture())) {
            throw new InputError(uri + " is a " + model.metadata().architecture() + ", not a " + choice.architecture());
        }
        if (choice.entry() != null || choice.normalisation() != null) {
            throw new InputError(uri + " is a model file of mmard, which holds one network with all that belongs to it: "
                    + "--entry, --mean and --std are for weights from PyTorch");
        }
        return new Found(model, List.of(), List.of());
    }
}
