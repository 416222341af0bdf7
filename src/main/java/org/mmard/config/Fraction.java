package org.mmard.config;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers that people write as fractions, such as distances in image space: 8/255, or 0.03. */
public final class Fraction {
    private static final String NUMBER = "([-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)";
    /** The pattern takes the square of a text's length. */
    private static final int LONGEST = 100;
    private static final Pattern REAL = Pattern.compile(NUMBER + "(?:\\s*/\\s*" + NUMBER + ")?");
    private static final int LEVELS = 255;

    private Fraction() {}

    /** A number or a fraction of two; NaN, which no range contains, for anything else. */
    public static double parse(String text) {
        Matcher real = REAL.matcher(text.strip());
        if (text.length() > LONGEST || !real.matches()) {
            return Double.NaN;
        }
        double number = Double.parseDouble(real.group(1));
        return real.group(2) == null ? number : number / Double.parseDouble(real.group(2));
    }

    /**
     * A distance in image space as the field writes it: {@code 8/255} where it is a multiple of a hundredth of a level, else a decimal
     * number of four digits.
     *
     * @param distance in [0, 1] image units
     */
    public static String distance(double distance) {
        double levels = LEVELS * distance;
        double hundredths = Math.rint(levels * 100);
        return Math.abs(levels - hundredths / 100) < 1e-6
                ? plain(BigDecimal.valueOf((long) hundredths, 2)) + String.format(Locale.ROOT, "/%d", LEVELS)
                : plain(new BigDecimal(distance).round(new MathContext(4)));
    }

    private static String plain(BigDecimal number) {
        return number.stripTrailingZeros().toPlainString();
    }
}
