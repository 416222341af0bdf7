package org.mmard.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;

/**
 * The process in which inputs are read, so that one that ends or stops it ends no test. Asked for {@code class seed folder} on a line of
 * its standard input, it writes that input, answers {@code begin}, reads it, and answers with a line of verdict, milliseconds, bytes and
 * words, with tabs between.
 */
final class FuzzedProcess {
    /** Resets the peak of this process's resident memory (proc(5)). */
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String BEGIN = "begin";
    /** Longer lines are no messages any more. */
    private static final int LONGEST = 2000;

    private FuzzedProcess() {}

    public static void main(String[] args) throws IOException {
        PrintStream answers = System.out;
        // Whatever a library prints is no answer.
        System.setOut(System.err);
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            String[] words = line.split(" ", 3);
            FuzzedReader reader = reader(words[0]);
            Path folder = Files.createDirectories(Path.of(words[2]));
            reader.write(folder, new SplittableRandom(Long.parseLong(words[1])));
            answers.println(BEGIN);
            answers.flush();
            Verdict verdict = read(reader, folder);
            if (verdict.kind() != Verdict.Kind.FAULT) {
                delete(folder);
            }
            answers.println(verdict.kind() + "\t" + verdict.millis() + "\t" + verdict.bytes() + "\t" + Printable.line(verdict.line()));
            answers.flush();
        }
    }

    private static FuzzedReader reader(String className) {
        try {
            return (FuzzedReader) Class.forName(className).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(className + " has no public constructor without arguments", e);
        }
    }

    private static Verdict read(FuzzedReader reader, Path folder) throws IOException {
        Files.writeString(CLEAR, "5");
        long before = resident("VmRSS:");
        long start = System.nanoTime();
        Verdict.Kind kind;
        String line = "";
        try {
            reader.read(folder);
            kind = Verdict.Kind.ACCEPTED;
        } catch (InputError e) {
            line = String.valueOf(e.getMessage());
            kind = isOnePrintableLine(line) ? Verdict.Kind.REFUSED : Verdict.Kind.FAULT;
        } catch (Throwable e) {
            // Errors, too: a full heap or stack is what is looked for.
            line = described(e);
            kind = Verdict.Kind.FAULT;
        }
        long millis = (System.nanoTime() - start) / 1_000_000;
        return new Verdict(kind, line, millis, Math.max(0, resident("VmHWM:") - before));
    }

    private static String described(Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        StringBuilder line = new StringBuilder(String.valueOf(e));
        Stream.of(trace).limit(6).forEach(each -> line.append(" | ").append(each));
        return line.toString();
    }

    static boolean isOnePrintableLine(String text) {
        return !text.isBlank() && text.length() <= LONGEST && Printable.isLine(text);
    }

    private static long resident(String field) throws IOException {
        List<String> lines = Files.readAllLines(STATUS);
        return lines.stream().filter(line -> line.startsWith(field)).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst().orElseThrow();
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
