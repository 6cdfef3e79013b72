// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real Chromium without a window, spoken with by its DevTools protocol. One page at a time; for one thread. */
public final class Chromium implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final String LISTENING = "DevTools listening on ";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Process process;
    private final Thread reader;
    private final CompletableFuture<URI> address = new CompletableFuture<>();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final BlockingQueue<String> loads = new LinkedBlockingQueue<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final WebSocket socket;
    private String session = "";

    private Chromium(Process process) throws IOException {
        this.process = process;
        this.reader = new Thread(this::readErrors, "chromium-stderr");
        reader.setDaemon(true);
        reader.start();
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(get(address), new Listener())
                .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
        String target = call("Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asText();
        session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .path("sessionId")
                .asText();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
    }

    /**
     * Starts one, or skips the test where there is none.
     *
     * @param profile an empty directory
     */
    public static Chromium start(Path profile) throws IOException {
        assumeTrue(Files.isExecutable(PROGRAM), "skipped: " + PROGRAM + " is missing (apt install chromium)");
        return new Chromium(new ProcessBuilder(
                        PROGRAM.toString(),
                        "--headless=new",
                        "--no-sandbox", // which root can't have
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-extensions",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--no-first-run",
                        "--ignore-certificate-errors",
                        "--window-size=1280,900",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    private void readErrors() {
        List<String> said = new ArrayList<>();
        try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                if (line.startsWith(LISTENING)) {
                    address.complete(
                            URI.create(line.substring(LISTENING.length()).strip()));
                } else if (said.size() < 20) {
                    said.add(line);
                }
            }
        } catch (IOException e) {
            said.add(e.toString());
        }
        address.completeExceptionally(new IOException("chromium ended: " + said));
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    private void take(String message) {
        JsonNode node;
        try {
            node = MAPPER.readTree(message);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        JsonNode params = node.path("params");
        switch (node.path("method").asText()) {
            case "Page.loadEventFired" -> loads.add("loaded");
            case "Log.entryAdded" ->
                complaints.add(params.path("entry").path("level").asText() + ": "
                        + params.path("entry").path("text").asText() + " "
                        + params.path("entry").path("url").asText());
            case "Runtime.exceptionThrown" -> complaints.add(params.toString());
            case "Page.javascriptDialogOpening" -> complaints.add("dialog: " + params);
            default -> {
                CompletableFuture<JsonNode> answer =
                        answers.remove(node.path("id").asInt(-1));
                if (answer != null) {
                    answer.complete(node);
                }
            }
        }
    }

    private static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    private JsonNode call(String method, Map<String, Object> params) {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode message = MAPPER.createObjectNode().put("id", id).put("method", method);
        message.set("params", MAPPER.valueToTree(params));
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        socket.sendText(message.toString(), true).join();
        JsonNode told = get(answer);
        assertThat(told.path("error").isMissingNode()).as(told.toString()).isTrue();
        return told.path("result");
    }

    /** Goes to a page and waits until it and all that is in it is loaded. */
    public void open(String url) throws InterruptedException {
        loads.clear();
        JsonNode result = call("Page.navigate", Map.of("url", url));
        assertThat(result.path("errorText").asText()).as(url).isEmpty();
        awaitLoad();
    }

    /** Waits until the next page is loaded. */
    public void awaitLoad() throws InterruptedException {
        assertThat(loads.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    }

    /** Forgets that pages were loaded, before something that loads one. */
    public void expectLoad() {
        loads.clear();
    }

    /** The value of an expression in the page. */
    public JsonNode evaluate(String expression) {
        JsonNode result = call(
                "Runtime.evaluate",
                Map.of("expression", expression, "returnByValue", true, "awaitPromise", true, "userGesture", true));
        assertThat(result.path("exceptionDetails").isMissingNode())
                .as(result.toString())
                .isTrue();
        return result.path("result").path("value");
    }

    /** What one sees of the page's text. */
    public String text() {
        return evaluate("document.body.innerText").asText();
    }

    /** Headers that go with each request from now on. */
    public void headers(Map<String, String> headers) {
        call("Network.setExtraHTTPHeaders", Map.of("headers", headers));
    }

    /** What the browser complained of: scripts that failed, what a policy forbade, files that are missing, dialogs. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Forgets what it complained of. */
    public void forgive() {
        complaints.clear();
    }

    @Override
    public void close() {
        socket.abort();
        List<ProcessHandle> all = process.descendants().toList();
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        try {
            process.waitFor();
            for (ProcessHandle one : all) { // which else might still write to the profile
                one.onExit()
                        .completeOnTimeout(one, LIMIT.toSeconds(), TimeUnit.SECONDS)
                        .join();
            }
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
