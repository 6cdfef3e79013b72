// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.web.Chromium;
import io.sluice.compaction.web.WebDomain;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worker's pages in a real Chromium. */
class WorkerBrowserTest extends WorkerScenario {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SECRET = "0123456789abcdef0123";

    private static @Nullable Chromium shared;

    /** Pages of somebody else, by path. */
    private final Map<String, String> foreign = new ConcurrentHashMap<>();

    private @Nullable HttpServer stranger;

    @BeforeAll
    static void startBrowser(@TempDir Path profile) throws IOException {
        shared = Chromium.start(profile);
    }

    @AfterAll
    static void closeBrowser() {
        if (shared != null) {
            shared.close();
        }
    }

    @BeforeEach
    void forget() throws InterruptedException {
        browser().open("about:blank");
        browser().forgive();
    }

    @AfterEach
    void closeStranger() {
        if (stranger != null) {
            stranger.stop(0);
        }
    }

    private static Chromium browser() {
        if (shared == null) {
            throw new IllegalStateException("no browser");
        }
        return shared;
    }

    /** A server of another origin, which gives out {@link #foreign}. */
    private String stranger() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] page =
                    foreign.getOrDefault(exchange.getRequestURI().getPath(), "").getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html;charset=utf-8");
            exchange.sendResponseHeaders(200, page.length == 0 ? -1 : page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        server.start();
        stranger = server;
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Test
    @Tag("B54")
    @Tag("B55")
    void shouldShowItsPagesAndStopAJobByAClick() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().maxParallel(1), gate);
        Client client = new Client(worker.url());
        String running = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String waiting = client.submit(store.attempt(store.job(2, 4, 1), CompactionProgress.NONE))
                .token();
        for (String path : List.of("/", "/stat", "/job?token=" + running, "/list")) {
            browser().open(worker.url() + path);
            assertThat(browser().complaints()).as(path).isEmpty();
            assertThat(browser()
                            .evaluate("getComputedStyle(document.querySelector('header')).display")
                            .asText())
                    .as("the style of " + path)
                    .isEqualTo("flex");
        }
        assertThat(browser().text()).contains("1/1 attempt 1", "running", "1/2 attempt 1", "waiting");
        browser().expectLoad();
        browser().evaluate("document.querySelector('input[value=\"" + waiting + "\"]').form.requestSubmit()");
        browser().awaitLoad();
        assertThat(browser().evaluate("location.pathname").asText()).isEqualTo("/list");
        assertThat(browser().text()).contains("failed", "compaction.worker.stopped");
        assertThat(client.probe(waiting).state()).isEqualTo(State.FAILED);
        assertThat(client.probe(running).state()).isEqualTo(State.RUNNING);
        gate.open();
        client.awaitEnd(running);
        browser().open(worker.url() + "/job?token=" + running);
        assertThat(browser().text()).contains("finished", "000001.sst", "Before and after", "Log");
        assertThat(browser().complaints()).isEmpty();
    }

    @Test
    @Tag("B55")
    void shouldRunNothingThatANameBrings() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings(), new Gate());
        String token = new Client(worker.url())
                .submit(WorkerPagesTest.hostile(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE)))
                .token();
        for (String path : List.of("/", "/list", "/job?token=" + token, "/log?token=" + token)) {
            browser().open(worker.url() + path);
            assertThat(browser().text()).as(path).contains(WorkerPagesTest.HOSTILE);
            assertThat(browser().evaluate("document.images.length").asInt()).isZero();
            assertThat(browser().complaints()).as(path).isEmpty();
        }
    }

    @Test
    void shouldShowPagesToWhoKnowsThePassword() throws Exception {
        CompactionWorker worker = start(settings().secret(SECRET));
        String host = "127.0.0.1:" + worker.address().getPort();
        browser().open("http://me:" + SECRET + "@" + host + "/stat");
        assertThat(browser().text()).contains("Processor time");
        assertThat(browser()
                        .evaluate("getComputedStyle(document.querySelector('header')).display")
                        .asText())
                .isEqualTo("flex");
        assertThat(browser().evaluate("location.href + document.body.innerHTML").asText())
                .doesNotContain(SECRET);
        assertThat(browser().complaints()).isEmpty();
    }

    @Test
    @Tag("B55")
    @Tag("B53")
    void shouldTakeNoFormThatAnotherSiteSends() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().secret(SECRET).stoppable(true), new Gate());
        Client client = new Client(worker.url()).withSecret(SECRET);
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        browser().open("http://me:" + SECRET + "@127.0.0.1:" + worker.address().getPort() + "/stat");
        String site = stranger();
        for (String form : List.of(
                "<form method=post action='" + worker.url() + "/stop'>",
                "<form method=post action='" + worker.url() + "/stop-job'><input name=token value=" + token + ">")) {
            foreign.put("/", form + "</form>");
            browser().open(site);
            browser().expectLoad();
            browser().evaluate("document.forms[0].submit()");
            browser().awaitLoad();
            assertThat(browser().text()).contains("Forbidden", "compaction.worker.form");
        }
        assertThat(worker.stopRequest().toCompletableFuture()).isNotDone();
        assertThat(client.probe(token).state()).isEqualTo(State.RUNNING);
    }

    @Test
    void shouldLetOnlyTheWebDomainFrameItAndTellThatItsHeight() throws Exception {
        String site = stranger();
        CompactionWorker closed = start(settings());
        CompactionWorker open = start(settings().webDomain(WebDomain.parse(site)));
        foreign.put("/", framing(closed));
        browser().open(site);
        await().atMost(LIMIT).until(() -> browser().complaints().stream().anyMatch(line -> line.contains("ancestor")));
        assertThat(browser().evaluate("heights.length").asInt()).isZero();
        foreign.put("/", framing(open));
        browser().open(site);
        await().atMost(LIMIT).until(() -> browser().evaluate("heights.length").asInt() > 0);
        assertThat(browser().evaluate("heights[0]").asInt()).isBetween(100, 10_000);
        assertThat(browser().evaluate("origins[0]").asText()).isEqualTo(open.url());
    }

    private static String framing(CompactionWorker worker) {
        return "<script>const heights = [], origins = []; addEventListener('message', e => {"
                + "heights.push(e.data.sluiceFrameHeight); origins.push(e.origin); });</script>"
                + "<iframe src='" + worker.url() + "/stat'></iframe>";
    }
}
