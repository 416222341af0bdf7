package org.mmard.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Has inputs read in a process of their own: with a small heap, a limit to its address space, its resident memory watched, and a time-out.
 * A process that dies or has to be ended is a fault of the input it was reading; the next input gets a new one.
 */
final class Watchdog implements AutoCloseable {
    private static final String HEAP = "-Xmx512m";
    /** In KiB: what one wrong allocation runs into. The JVM alone reserves some 3 GiB. */
    private static final long ADDRESSES = 10L << 20;
    private static final long RESIDENT = 2L << 30;
    private static final String ENDED = "";

    private final Path folder;
    private final List<String> options;
    private final int seconds;
    private Process process;
    private Writer questions;
    private BlockingQueue<String> answers;

    /**
     * @param folder for inputs and logs; inputs that were faults stay there; @param options of the process's JVM beside its own; @param
     *     seconds for one input
     */
    Watchdog(Path folder, List<String> options, int seconds) {
        this.folder = folder;
        this.options = options;
        this.seconds = seconds;
    }

    /** Where the input of a fault is to be found. */
    Path folder(FuzzedReader reader, long seed) {
        return folder.resolve(reader.name() + "_" + seed);
    }

    Verdict read(FuzzedReader reader, long seed) throws IOException, InterruptedException {
        if (process == null) {
            start();
        }
        long start = System.nanoTime();
        try {
            questions.write(reader.getClass().getName() + " " + seed + " " + folder(reader, seed) + "\n");
            questions.flush();
        } catch (IOException e) {
            return died(start);
        }
        while (true) {
            String answer = answers.poll(100, TimeUnit.MILLISECONDS);
            long millis = (System.nanoTime() - start) / 1_000_000;
            if (answer == null) {
                if (millis > seconds * 1000L) {
                    end();
                    return Verdict.fault("was still being read after " + seconds + " s", millis);
                }
                if (resident() > RESIDENT) {
                    end();
                    return Verdict.fault("took more than " + (RESIDENT >> 20) + " MiB of memory", millis);
                }
            } else if (answer.equals(ENDED)) {
                return died(start);
            } else if (answer.contains("\t")) {
                String[] parts = answer.split("\t", 4);
                return new Verdict(Verdict.Kind.valueOf(parts[0]), parts[3], Long.parseLong(parts[1]), Long.parseLong(parts[2]));
            }
        }
    }

    private Verdict died(long start) throws InterruptedException {
        process.waitFor();
        int exit = process.exitValue();
        end();
        return Verdict.fault("the process died with exit code " + exit + ", see " + log(), (System.nanoTime() - start) / 1_000_000);
    }

    private void start() throws IOException {
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -v " + ADDRESSES + " -c 0; exec \"$@\"", "fuzz",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-XX:ErrorFile=" + folder.resolve("crash-%p.log"), "-Dlog4j2.configurationFile=org/mmard/log4j2.properties",
                "-Dmmard.log=" + folder.resolve("mmard.log")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), FuzzedProcess.class.getName()));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log().toFile())).start();
        questions = process.outputWriter(StandardCharsets.UTF_8);
        BlockingQueue<String> queue = new LinkedBlockingQueue<>();
        answers = queue;
        Process started = process;
        Thread listener = new Thread(() -> listen(started, queue), "fuzz-answers");
        listener.setDaemon(true);
        listener.start();
    }

    private static void listen(Process process, BlockingQueue<String> queue) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().forEach(queue::add);
        } catch (IOException | UncheckedIOException e) {
            // The process was ended.
        }
        queue.add(ENDED);
    }

    private Path log() {
        return folder.resolve("process.log");
    }

    private long resident() {
        try {
            return Long.parseLong(Files.readString(Path.of("/proc/" + process.pid() + "/statm")).split(" ")[1]) << 12;
        } catch (IOException e) {
            return 0;
        }
    }

    private void end() throws InterruptedException {
        process.destroyForcibly().waitFor();
        process = null;
    }

    @Override
    public void close() throws InterruptedException {
        if (process != null) {
            end();
        }
    }
}
