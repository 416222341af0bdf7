package org.mmard.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FractionTest {
    @Test
    void fractionsAndDecimalNumbersAreReadAndNothingElse() {
        assertEquals(8 / 255.0, Fraction.parse("8/255"));
        assertEquals(0.5 / 255, Fraction.parse(" 0.5 / 255 "));
        assertEquals(0.007, Fraction.parse("7e-3"));
        for (String text : new String[] {"", "8/", "/255", "8/255/2", "NaN", "eight", "1".repeat(200)}) {
            assertTrue(Double.isNaN(Fraction.parse(text)), text);
        }
    }

    @Test
    void distancesAreWrittenInLevelsWhereTheyAreRoundThere() {
        assertEquals("8/255", Fraction.distance(8 / 255.0));
        assertEquals("0.5/255", Fraction.distance(0.5 / 255));
        assertEquals("10/255", Fraction.distance(10 / 255.0));
        assertEquals("0.0031", Fraction.distance(0.0031));
        assertEquals("0.03137", Fraction.distance(0.031372));
    }
}
