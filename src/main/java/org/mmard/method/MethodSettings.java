package org.mmard.method;

import org.mmard.config.InputError;
import org.mmard.config.Settings;

/** Checks {@code method.*} beyond the two names, whether or not the named methods use a key. */
final class MethodSettings {
    private MethodSettings() {}

    /** @throws InputError naming the first key whose value is out of range */
    static void check(Settings.Method settings) {
        weight("method.beta", settings.beta());
        fraction("method.alpha", settings.alpha());
        weight("method.lambda", settings.lambda());
        TeacherTerm.named(settings.teacherTerm());
        fraction("method.a", settings.a());
        weight("method.b", settings.b());
        double smoothing = settings.triangleSmoothing();
        if (!(smoothing > 0 && Double.isFinite(smoothing))) {
            throw new InputError("method.triangle.smoothing is " + smoothing + ": give a finite number above 0");
        }
    }

    private static void weight(String key, double value) {
        if (!(value >= 0 && Double.isFinite(value))) {
            throw new InputError(key + " is " + value + ": give a finite number, 0 or above");
        }
    }

    private static void fraction(String key, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new InputError(key + " is " + value + ": give a number from 0 to 1");
        }
    }
}
