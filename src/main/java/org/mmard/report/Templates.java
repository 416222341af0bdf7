package org.mmard.report;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The page's templates, beside this class. Mustache escapes the text that it is given for HTML and knows no way around that but three
 * braces, which only the style sheet has. What a template asks for and is not there is an error, so that a misspelt name cannot hide.
 */
final class Templates {
    private Templates() {}

    /** The page for what {@code view} says. */
    static String page(Object view) {
        return Mustache.compiler().strictSections(true).zeroIsFalse(true).nullValue("").withLoader(name -> reader(name + ".mustache"))
                .compile(reader("page.mustache")).execute(view);
    }

    /** The text of a file beside the templates. */
    static String text(String name) {
        try (InputStream in = stream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Reader reader(String name) {
        return new InputStreamReader(stream(name), StandardCharsets.UTF_8);
    }

    private static InputStream stream(String name) {
        InputStream in = Templates.class.getResourceAsStream(name);
        if (in == null) {
            throw new IllegalStateException("the program lacks its template " + name);
        }
        return in;
    }
}
