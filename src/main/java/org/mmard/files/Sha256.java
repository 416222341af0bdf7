package org.mmard.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** SHA-256 of a file's bytes or of a text, and the line in which {@code sha256sum} writes it down beside the file. */
public final class Sha256 {
    /** Of the file that holds the line: {@code best.zip.sha256} belongs to {@code best.zip}. */
    public static final String SUFFIX = ".sha256";

    private static final Pattern LINE = Pattern.compile("([0-9a-fA-F]{64}) [ *](.+?)\\R?");

    private Sha256() {}

    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** In lower-case hexadecimal. */
    public static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Of a text in UTF-8, in lower-case hexadecimal. */
    public static String of(String text) {
        MessageDigest digest = digest();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return hex(digest);
    }

    /** In lower-case hexadecimal. */
    public static String of(byte[] content) {
        MessageDigest digest = digest();
        digest.update(content);
        return hex(digest);
    }

    /** Of all that is left to read, in lower-case hexadecimal. */
    public static String of(InputStream in) throws IOException {
        MessageDigest digest = digest();
        in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        return hex(digest);
    }

    /** The line for a file: {@code sha256sum -c} in its folder checks it. */
    public static byte[] line(String hex, String name) {
        return (hex + "  " + name + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The checksum that such a line gives, or nothing where it is none. */
    public static Optional<String> parse(byte[] line) {
        Matcher matcher = LINE.matcher(new String(line, StandardCharsets.UTF_8));
        return matcher.matches() ? Optional.of(matcher.group(1).toLowerCase(Locale.ROOT)) : Optional.empty();
    }
}
