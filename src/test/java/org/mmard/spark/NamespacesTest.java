package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three hosts, as network namespaces joined by a bridge, with the properties that {@code deploy/standalone} ships: training over two
 * executors that can reach each other by their own addresses alone, authenticated, encrypted, on the ports that a firewall would open.
 */
@Tag("cluster")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class NamespacesTest {
    private static final Path SCRIPT = Path.of("deploy/local/namespaces.sh").toAbsolutePath();
    private static final Path PROPERTIES = Path.of("deploy/standalone/spark-defaults.conf").toAbsolutePath();
    private static final String SECRET = "of-this-test";

    @TempDir
    private Path folder;

    @Test
    void executorsOnHostsOfTheirOwnMeetAtTheAddressesAndPortsThatTheyTellEachOther() throws Exception {
        assumeNamespaces();
        Path out = folder.resolve("out");
        // While it trains, the sockets of all three hosts are listed.
        String watched = "\"$@\" & driver=$!; while kill -0 $driver 2> /dev/null && ! grep -q 'epoch 1 ' '" + out
                + "'; do sleep 0.2; done; "
                + "ss -Hnuap | sed 's/^/UDP driver /'; ss -Hntlp | sed 's/^/SOCKET driver /'; ss -Hntp state established | sed "
                + "'s/^/STREAM driver /'; "
                + "for name in worker-1 worker-2; do ip netns exec $name ss -Hnuap | sed \"s/^/UDP $name /\"; "
                + "ip netns exec $name ss -Hntlp | sed \"s/^/SOCKET $name /\"; ip netns exec $name ss -Hntp state established | sed "
                + "\"s/^/STREAM $name /\"; done; wait $driver";
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), "2", "bash", "-c", watched, "watched"));
        command.addAll(driver());
        Process process = start(command, out);

        assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it did not end");
        String said = Files.readString(out);
        assertEquals(0, process.exitValue(), said);
        for (int epoch = 0; epoch < 4; epoch++) {
            String line = line(said, "epoch " + epoch + " ");
            for (String host : new String[] {"worker-1", "worker-2"}) {
                assertTrue(line.matches(".*host=" + host + ", device=[^,]*, minibatches=5.*"), line);
            }
        }
        assertEquals(Set.of("10.77.0.2", "10.77.0.3"), addressesOfTheUpdates(said));
        assertTrue(said.lines().noneMatch(line -> line.startsWith("UDP")), said);
        said.lines().filter(line -> line.startsWith("STREAM")).forEach(line -> assertTrue(!line.contains("127.0.0.1"), line));
        assertTrue(line(said, "STREAM driver ").contains("10.77.0.1"), said);
    }

    /** Of the sockets that listen at a port of {@code spark.mmard.ports}. */
    private static Set<String> addressesOfTheUpdates(String said) {
        Set<String> addresses = new TreeSet<>();
        Matcher socket = Pattern.compile("(?m)^SOCKET \\S+ +\\S+ +\\S+ +\\S+ +\\[?(?:::ffff:)?([0-9.*:]+?)]?:(\\d+) .*$").matcher(said);
        while (socket.find()) {
            assertTrue(!socket.group(1).startsWith("127."), socket.group());
            int port = Integer.parseInt(socket.group(2));
            if (port >= 40100 && port <= 40131) {
                addresses.add(socket.group(1));
            }
        }
        return addresses;
    }

    @Test
    void whateverRunsInThemIsGoneWithThem() throws Exception {
        assumeNamespaces();
        Path out = folder.resolve("out");
        Process process = start(List.of(SCRIPT.toString(), "1", "bash", "-c", "echo up; sleep 1000.77"), out);
        while (!Files.readString(out).contains("up")) {
            assertTrue(process.isAlive(), () -> text(out));
            Thread.sleep(100);
        }
        assertTrue(commands().stream().anyMatch(command -> command.contains("1000.77")));

        process.destroyForcibly().waitFor();

        for (int tenths = 0; tenths < 100 && commands().stream().anyMatch(this::isOurs); tenths++) {
            Thread.sleep(100);
        }
        assertEquals(List.of(), commands().stream().filter(this::isOurs).toList());
    }

    private boolean isOurs(String command) {
        return command.contains("1000.77") || command.contains(folder.toString());
    }

    private static List<String> commands() {
        return ProcessHandle.allProcesses().map(process -> text(Path.of("/proc/" + process.pid() + "/cmdline"))).toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            // A process that has ended meanwhile.
            return "";
        }
    }

    private static List<String> driver() throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(a -> a.startsWith("--add-")).forEach(command::add);
        Properties properties = new Properties();
        try (var in = Files.newBufferedReader(PROPERTIES)) {
            properties.load(in);
        }
        properties.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of("-Dspark.authenticate.secret=" + SECRET, "-Xmx1g", "-Dlog4j2.configurationFile=org/mmard/log4j2.properties",
                "-Dmmard.log=" + System.getProperty("mmard.log"), "-cp", System.getProperty("java.class.path"), ToyDriver.class.getName(),
                "executors=2", "epochs=4", "images=320", "novalidate=1"));
        return command;
    }

    private Process start(List<String> command, Path out) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.equals("SPARK_LOCAL_IP") || name.startsWith("MMARD_"));
        builder.environment().put("MMARD_CLUSTER_DIR", folder.resolve("cluster").toString());
        builder.environment().put("SPARK_DAEMON_JAVA_OPTS",
                "-Dspark.authenticate=true -Dspark.network.crypto.enabled=true -Dspark.network.crypto.authEngineVersion=2 "
                        + "-Dspark.network.crypto.cipher=AES/GCM/NoPadding -Dspark.authenticate.secret=" + SECRET);
        return builder.start();
    }

    private static String line(String said, String words) {
        return said.lines().filter(line -> line.contains(words)).findFirst()
                .orElseThrow(() -> new AssertionError("no " + words + " in\n" + said));
    }

    private static void assumeNamespaces() throws Exception {
        Process process = new ProcessBuilder("bash", "-c",
                "export PATH=$PATH:/usr/sbin:/sbin; unshare --user --map-root-user --net --mount --uts --pid --fork --mount-proc "
                        + "bash -c 'mount -t tmpfs none /run && ip netns add one && ip link add cable type veth peer name eth0 netns one "
                        + "&& ip link add bridge type bridge'")
                .redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assumeTrue(process.waitFor() == 0, () -> "network namespaces are not permitted here, or iproute2 is not installed: " + said);
    }
}
