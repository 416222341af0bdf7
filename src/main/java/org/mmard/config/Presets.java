package org.mmard.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import java.util.List;

/**
 * The published recipes that {@code preset} names, each a bundled HOCON file of {@code method}, {@code attack} and {@code training} keys
 * with the code and commit it was read from. docs/method.md has the table.
 */
final class Presets {
    static final List<String> NAMES = List.of(
            "trades-yaodongyu", "trades-at-framework", "pgd-at-boyellow", "pgd-at-at-framework", "mart-yisenwang",
            "ard-goldblum", "ard-zfancy", "ard-hongsinlee", "iad-zfancy",
            "rslad-zibojia", "rslad-zibojia-cifar100", "rslad-at-framework", "rslad-hongsinlee",
            "adaad-boyellow", "adaad-boyellow-cifar100", "adaad-hongsinlee", "adaiad-boyellow",
            "igdm-hongsinlee", "igdm-hongsinlee-cifar100", "saad-hongsinlee");

    /** What the key takes, for complaints. */
    static final String WHAT = "the name of a preset or null";

    private Presets() {}

    /** @param name one of {@link #NAMES} */
    static Config named(String name) {
        return ConfigFactory.parseResources(Presets.class, "presets/" + name + ".conf",
                ConfigParseOptions.defaults().setAllowMissing(false).setOriginDescription("preset " + name));
    }
}
