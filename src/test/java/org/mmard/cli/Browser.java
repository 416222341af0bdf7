package org.mmard.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless Chromium, told what to do by its DevTools protocol over the JDK's own web socket. One page at a time. */
final class Browser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE = 120;

    private final Process process;
    private final WebSocket socket;
    private final BlockingQueue<JsonNode> arrived;
    private final List<JsonNode> events = new ArrayList<>();
    private int calls;
    private String session;

    private Browser(Process process, WebSocket socket, BlockingQueue<JsonNode> arrived) {
        this.process = process;
        this.socket = socket;
        this.arrived = arrived;
    }

    /** Where Chromium is, if it is on the PATH. */
    static Optional<Path> executable() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable).findFirst();
    }

    /** @param profile a folder of its own */
    static Browser start(Path executable, Path profile) throws IOException {
        // A root user's Chromium refuses its sandbox, and containers often give it little shared memory.
        Process process = new ProcessBuilder(executable.toString(), "--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--remote-debugging-port=0", "--user-data-dir=" + profile, "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            String address = address(process.errorReader(StandardCharsets.UTF_8));
            BlockingQueue<JsonNode> arrived = new LinkedBlockingQueue<>();
            WebSocket socket =
                    HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(address), new Listener(arrived)).join();
            return new Browser(process, socket, arrived);
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static String address(BufferedReader said) throws IOException {
        String announcement = "DevTools listening on ";
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith(announcement)) {
                Thread drain = new Thread(() -> said.lines().forEach(rest -> {}), "chromium-messages");
                drain.setDaemon(true);
                drain.start();
                return line.substring(announcement.length());
            }
            all.append(line).append('\n');
        }
        throw new IOException("Chromium ended without a word about its port:\n" + all);
    }

    /** Opens a page in a window of this width and waits until it has loaded. */
    void open(Path page, int width, boolean dark) {
        if (session != null) {
            call("Target.closeTarget", Map.of("targetId", target()));
        }
        session = null;
        String target = call("Target.createTarget", Map.of("url", "about:blank")).path("targetId").asText();
        session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true)).path("sessionId").asText();
        for (String domain : List.of("Page", "Network", "Runtime", "Log")) {
            call(domain + ".enable", Map.of());
        }
        call("Emulation.setDeviceMetricsOverride", Map.of("width", width, "height", 844, "deviceScaleFactor", 1, "mobile", width < 600));
        call("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
        events.clear();
        call("Page.navigate", Map.of("url", page.toUri().toString()));
        while (events.stream().noneMatch(event -> event.path("method").asText().equals("Page.loadEventFired"))) {
            events.add(next());
        }
    }

    private String target() {
        return call("Target.getTargetInfo", Map.of()).path("targetInfo").path("targetId").asText();
    }

    /** What the page's script would answer. */
    JsonNode evaluate(String expression) {
        JsonNode answer = call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(answer.get("exceptionDetails").toString());
        }
        return answer.path("result").path("value");
    }

    /** Everything that the page wrote to its console, and every complaint of the browser's about it. */
    List<String> messages() {
        return events.stream()
                .filter(event -> event.path("method").asText().matches("Runtime\\.(consoleAPICalled|exceptionThrown)|Log\\.entryAdded"))
                .map(event -> event.path("params").toString()).toList();
    }

    /** All addresses that were asked for, the page's own and those of data within it left out. */
    List<String> requests(Path page) {
        return events.stream().filter(event -> event.path("method").asText().equals("Network.requestWillBeSent"))
                .map(event -> event.path("params").path("request").path("url").asText())
                .filter(url -> !url.startsWith("data:") && !url.equals(page.toUri().toString())).toList();
    }

    /** The whole page as a PNG. */
    byte[] screenshot() {
        return Base64.getDecoder().decode(call("Page.captureScreenshot", Map.of("captureBeyondViewport", true)).path("data").asText());
    }

    private JsonNode call(String method, Map<String, Object> parameters) {
        int id = ++calls;
        var message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        if (session != null) {
            message.put("sessionId", session);
        }
        socket.sendText(message.toString(), true).join();
        for (JsonNode answer = next();; answer = next()) {
            if (answer.path("id").asInt() == id) {
                if (answer.has("error")) {
                    throw new IllegalStateException(method + ": " + answer.get("error"));
                }
                return answer.path("result");
            }
            events.add(answer);
        }
    }

    private JsonNode next() {
        try {
            JsonNode message = arrived.poll(PATIENCE, TimeUnit.SECONDS);
            if (message == null) {
                throw new IllegalStateException("Chromium says nothing");
            }
            return message;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Puts messages together and hands them on. */
    private static final class Listener implements WebSocket.Listener {
        private final BlockingQueue<JsonNode> arrived;
        private final StringBuilder begun = new StringBuilder();

        Listener(BlockingQueue<JsonNode> arrived) {
            this.arrived = arrived;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            begun.append(part);
            if (last) {
                try {
                    arrived.add(JSON.readTree(begun.toString()));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                begun.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }
}
