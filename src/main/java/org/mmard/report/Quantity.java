package org.mmard.report;

import java.util.Locale;

/** How a kind of number is written. */
enum Quantity {
    /** A fraction, as per cent. */
    SHARE {
        @Override
        String tick(double value, double step) {
            return fixed(100 * value, 100 * step) + "%";
        }

        @Override
        String exact(double value) {
            // A line never breaks before its per cent sign.
            return Double.isNaN(value) ? NOT_MEASURED : String.format(Locale.ROOT, "%.1f\u00a0%%", 100 * value);
        }
    },
    /** Anything else. */
    NUMBER {
        @Override
        String tick(double value, double step) {
            return Math.abs(value) >= 1e4 || (value != 0 && step < 1e-4) ? power(value) : fixed(value, step);
        }

        @Override
        String exact(double value) {
            if (value == 0 || Double.isNaN(value)) {
                return value == 0 ? "0" : NOT_MEASURED;
            }
            int digits = (int) Math.floor(Math.log10(Math.abs(value)));
            if (digits >= 6 || digits < -5) {
                return power(value);
            }
            String text = String.format(Locale.ROOT, "%." + Math.max(0, 3 - digits) + "f", value);
            return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
        }
    };

    private static final String NOT_MEASURED = "";

    /** At an axis whose ticks are {@code step} apart. */
    abstract String tick(double value, double step);

    /** To be read by itself; nothing where it is not a number, for it was not measured. */
    abstract String exact(double value);

    private static String fixed(double value, double step) {
        int decimals = Math.max(0, (int) Math.ceil(-Math.log10(step) - 1e-9));
        // 2.5 has one decimal more than its power of ten.
        boolean half = Math.abs(step * Math.pow(10, decimals) - Math.rint(step * Math.pow(10, decimals))) > 1e-6;
        return String.format(Locale.ROOT, "%." + (decimals + (half ? 1 : 0)) + "f", value == 0 ? 0.0 : value);
    }

    private static String power(double value) {
        return String.format(Locale.ROOT, "%.3e", value).replaceFirst("\\.?0*e([+-])0*(\\d)", "e$1$2").replace("e+", "e");
    }
}
