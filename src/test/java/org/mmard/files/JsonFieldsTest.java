package org.mmard.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.mmard.failure.InputError;

class JsonFieldsTest {
    private static final String TEXT =
            "{\"a\": {\"b\": [{\"c\": 5}, {\"c\": null}]}, \"n\": 1e400, \"w\": 4294967297, \"f\": 1.5, \"t\": \"x\", \"u\": \"NaN\"}";

    @Test
    void aFieldThatIsNotAsItShouldBeIsNamedWithItsFileAndItsWay() {
        assertEquals(5, fields().section("a").sections("b").get(0).count("c", 0, 9));
        assertEquals("file: a.b[1].c is null, where a whole number from 0 to 9 is wanted",
                refusal(fields -> fields.section("a").sections("b").get(1).count("c", 0, 9)));
        assertEquals("file: a.b[0].d is missing, where a text is wanted",
                refusal(fields -> fields.section("a").sections("b").get(0).text("d")));
        assertTrue(refusal(fields -> fields.number("n", 0, 1)).startsWith("file: n is "));
        assertEquals("file: w is 4294967297, where a whole number, 0 or above is wanted",
                refusal(fields -> fields.count("w", 0, Integer.MAX_VALUE)));
        assertEquals("file: f is 1.5, where a whole number, 0 or above is wanted",
                refusal(fields -> fields.count("f", 0, Integer.MAX_VALUE)));
        assertEquals("file: t is \"x\", where an object is wanted", refusal(fields -> fields.section("t")));
    }

    @Test
    void whatIsNotMeasuredIsNoNumber() {
        assertTrue(Double.isNaN(fields().numberOrUnknown("u", 0, 1)));
        assertTrue(Double.isNaN(fields().numberOrUnknown("absent", 0, 1)));
        assertThrows(InputError.class, () -> fields().numberOrUnknown("t", 0, 1));
    }

    @Test
    void digitsAreKeptWhereTheyAreAskedFor() {
        byte[] sum = "{\"sum\": 0.100000000000000000000000000000000001}".getBytes(StandardCharsets.UTF_8);
        assertEquals(new BigDecimal("0.100000000000000000000000000000000001"), JsonFields.exactly("file", sum).exact("sum"));
    }

    @Test
    void whatIsNoObjectOrSaysAFieldTwiceIsRefused() {
        for (String text : new String[] {"", "null", "[]", "5", "{", "{} {}", "{\"a\": 1, \"a\": 2}", "[".repeat(100_000),
            "{\"a\": NaN}"}) {
            String message = assertThrows(InputError.class, () -> JsonFields.of("file", text)).getMessage();
            assertTrue(message.startsWith("file: ") && message.lines().count() == 1, message);
        }
    }

    private static JsonFields fields() {
        return JsonFields.of("file", TEXT);
    }

    private static String refusal(Function<JsonFields, Object> reading) {
        return assertThrows(InputError.class, () -> reading.apply(fields())).getMessage();
    }
}
