// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.web.WebDomain;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class WorkerPagesTest extends WorkerScenario {
    private static final String SECRET = "0123456789abcdef0123";
    static final String HOSTILE = "<img src=x onerror=alert(1)>\"'&";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> get(String url) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url)).GET());
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String url, String form, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    private JsonNode json(String url) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(url);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        return new ObjectMapper().readTree(answer.body());
    }

    private static String code(Progress ended) {
        return Objects.requireNonNull(ended.error()).code();
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder().encodeToString(("me:" + password).getBytes(UTF_8));
    }

    /** The token of the form on a page that stops a job. */
    private static String form(String page, String token) {
        Matcher form = Pattern.compile("name=\"token\" value=\"" + token
                        + "\"><input type=\"hidden\" name=\"form\" value=\"([^\"]+)\"")
                .matcher(page);
        assertThat(form.find()).as(page).isTrue();
        return form.group(1);
    }

    /** The same of a store and a column family with such names. */
    static JobDocument hostile(JobDocument job) {
        return new JobDocument(
                1,
                job.codeVersion(),
                new HosterDocument(HOSTILE, HOSTILE, null, null),
                job.job(),
                job.attempt(),
                job.timeoutMs(),
                job.storageUri(),
                HOSTILE,
                job.compaction(),
                job.snapshots(),
                job.epochNumber(),
                job.options(),
                job.filter(),
                job.identity(),
                job.ranges(),
                job.segments());
    }

    @Test
    @Tag("B54")
    void shouldTellWhatRunsWaitsFinishedFailedAndWasRejected() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().maxParallel(2).maxWaiting(1), gate);
        Client client = new Client(worker.url());
        String first = client.submit(store.attempt(store.job(1, 8, 2), CompactionProgress.NONE))
                .token();
        String second = client.submit(store.attempt(store.job(2, 8, 2), CompactionProgress.NONE))
                .token();
        assertThat(client.trySubmit(store.attempt(store.job(3, 8, 2), CompactionProgress.NONE))
                        .statusCode())
                .isEqualTo(503);
        JsonNode busy = json(worker.url() + "/stat?html=0").path("jobs");
        assertThat(List.of(
                        busy.path("running").asInt(),
                        busy.path("waiting").asInt(),
                        busy.path("rejected").asInt()))
                .containsExactly(1, 1, 1);
        assertThat(busy.path("subcompactions").asInt()).isEqualTo(2);
        client.shutdown(second);
        gate.open();
        assertThat(client.awaitEnd(first).state()).isEqualTo(State.FINISHED);
        await().until(() -> worker.status().running() == 0);

        JsonNode all = json(worker.url() + "/stat?html=0");
        assertThat(all.path("worker").asText()).isEqualTo("w1");
        Map<String, Integer> jobs = new TreeMap<>();
        all.path("jobs")
                .properties()
                .forEach(job -> jobs.put(job.getKey(), job.getValue().asInt()));
        assertThat(jobs)
                .containsAllEntriesOf(Map.of(
                        "running", 0, "waiting", 0, "finished", 1, "failed", 1, "rejected", 1, "handed_back", 0));
        assertThat(all.path("work").path("input_entries").asLong()).isBetween(1L, (long) TestStore.KEYS);
        assertThat(all.path("work").path("read_bytes").asLong()).isPositive();
        assertThat(all.path("work").path("written_bytes").asLong()).isPositive();
        assertThat(all.path("process").path("heap_bytes").asLong()).isPositive();

        String page = get(worker.url() + "/stat").body();
        assertThat(page).contains("Finished", "Failed", "Rejected", "Processor time", "href=\"metrics\"");
        HttpResponse<String> metrics = get(worker.url() + "/metrics");
        assertThat(metrics.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain; version=0.0.4");
        assertThat(metrics.body().lines())
                .contains(
                        "# TYPE sluice_compaction_finished_total counter",
                        "sluice_compaction_finished_total 1.0",
                        "sluice_compaction_failed_total 1.0",
                        "sluice_compaction_rejected_total 1.0",
                        "# TYPE sluice_compaction_waiting gauge",
                        "sluice_compaction_waiting 0.0",
                        "sluice_compaction_running 0.0",
                        "# TYPE sluice_compaction_input_entries_total counter")
                .anyMatch(line -> line.startsWith("sluice_compaction_info{") && line.contains("worker=\"w1\""));
        assertThat(metrics.body()).endsWith("\n");

        worker.drain();
        assertThat(json(worker.url() + "/stat?html=0")
                        .path("jobs")
                        .path("stopping")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    @Tag("B55")
    void shouldListJobsWithTheirTimesAndStopOneFromThePage() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().maxParallel(1), gate);
        Client client = new Client(worker.url());
        String running = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String waiting = client.submit(store.attempt(store.job(2, 4, 1), CompactionProgress.NONE))
                .token();
        String page = get(worker.url() + "/list").body();
        assertThat(page).contains("1/1 attempt 1", "1/2 attempt 1", "L0 to L1", "LEVEL_L0_FILES_NUM", "2 files", "UTC");
        assertThat(page).contains("Accepted", "Waited", "Ran", ">running<", ">waiting<");

        HttpResponse<String> stopped =
                post(worker.url() + "/stop-job", "token=" + waiting + "&form=" + form(page, waiting));
        assertThat(stopped.statusCode()).isEqualTo(303);
        assertThat(stopped.headers().firstValue("Location")).contains("list");
        assertThat(code(client.probe(waiting))).isEqualTo("compaction.worker.stopped");
        assertThat(client.probe(running).state()).isEqualTo(State.RUNNING);
        JsonNode list = json(worker.url() + "/list?html=0");
        assertThat(list.path("live").get(0).path("token").asText()).isEqualTo(running);
        assertThat(list.path("ended").get(0).path("state").asText()).isEqualTo("failed");
        assertThat(list.path("ended").get(0).path("error").asText()).contains("compaction.worker.stopped");
        assertThat(get(worker.url() + "/list").body()).contains("compaction.worker.stopped");

        gate.let(1);
        assertThat(client.await(running, 0).segments()).isNotEmpty();
        assertThat(post(worker.url() + "/stop-job", "token=" + running + "&form=" + form(page, running))
                        .statusCode())
                .isEqualTo(303);
        gate.open();
        assertThat(code(client.awaitEnd(running))).isEqualTo("compaction.worker.stopped");
    }

    @Test
    @Tag("B55")
    void shouldTakeNoFormOfAnotherSite() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().maxParallel(1), new Gate());
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String other = client.submit(store.attempt(store.job(2, 4, 1), CompactionProgress.NONE))
                .token();
        String page = get(worker.url() + "/list").body();
        String fields = "token=" + token + "&form=";
        for (String form : List.of("", "x", form(page, other))) {
            HttpResponse<String> refused = post(worker.url() + "/stop-job", fields + form);
            assertThat(refused.statusCode()).as(form).isEqualTo(403);
            assertThat(refused.body()).contains("compaction.worker.form");
        }
        String right = fields + form(page, token);
        for (String site : List.of("cross-site", "same-site")) {
            assertThat(post(worker.url() + "/stop-job", right, "Sec-Fetch-Site", site)
                            .statusCode())
                    .as(site)
                    .isEqualTo(403);
        }
        for (String malformed : List.of("%", "a=%zz", "token=a&token=b", "=", "")) {
            assertThat(post(worker.url() + "/stop-job", malformed).statusCode())
                    .as(malformed)
                    .isIn(400, 403);
        }
        assertThat(post(worker.url() + "/stop-job", "x".repeat(5000)).statusCode())
                .isEqualTo(413);
        assertThat(get(worker.url() + "/stop-job?" + right).statusCode()).isEqualTo(405);
        assertThat(client.probe(token).state()).isEqualTo(State.RUNNING);
        assertThat(post(worker.url() + "/stop-job", right, "Sec-Fetch-Site", "same-origin")
                        .statusCode())
                .isEqualTo(303);
    }

    @Test
    @Tag("B55")
    void shouldEscapeWhatItShows() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings(), new Gate());
        Client client = new Client(worker.url());
        String token = client.submit(hostile(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE)))
                .token();
        for (String path : List.of("/", "/list", "/job?token=" + token)) {
            assertThat(get(worker.url() + path).body())
                    .as(path)
                    .contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;")
                    .doesNotContain("<img");
        }
        assertThat(get(worker.url() + "/list?html=0").headers().firstValue("X-Content-Type-Options"))
                .contains("nosniff");
        HttpResponse<String> log = get(worker.url() + "/log?token=" + token);
        assertThat(log.headers().firstValue("Content-Type")).contains("text/plain;charset=utf-8");
        assertThat(log.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(get(worker.url() + "/job?token=" + HOSTILE.replaceAll("[^a-z]", "%3C"))
                        .body())
                .doesNotContain("<img");
    }

    @Test
    void shouldShowAJobBeforeAndAfterWithItsLog() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings(), gate);
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String before = get(worker.url() + "/job?token=" + token).body();
        assertThat(before).contains("000010.sst", "000011.sst", "key00000", "key07999", "None yet.", "has its turn");
        gate.open();
        int outputs = Objects.requireNonNull(client.awaitEnd(token).result())
                .outputs()
                .size();
        String after = get(worker.url() + "/job?token=" + token).body();
        assertThat(after)
                .contains(">finished<", "by w1", "8,000", "100.0 %", "dropped_hidden", "compaction<", "finished: ")
                .doesNotContain("None yet.", "stop-job");
        String text = get(worker.url() + "/log?token=" + token).body();
        assertThat(text)
                .contains(
                        "state finished",
                        "before: 2 files, ",
                        "after: " + outputs + " files, ",
                        "8000 entries",
                        "owner-1/job-compaction-1/attempt-1/000001.sst: ",
                        "finished: " + outputs + " files of 8000 entries");
    }

    @Test
    void shouldShowWhyAJobFailedInItsLog() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings(), uri -> {
            throw new IllegalStateException("a hole in the program");
        });
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FAILED);
        assertThat(get(worker.url() + "/job?token=" + token).body())
                .contains("compaction.worker.failed", "a hole in the program", "at io.sluice.compaction.worker.");
    }

    @Test
    void shouldGivePagesAStrictPolicy() throws Exception {
        CompactionWorker open = start(settings());
        for (String path : List.of("/", "/list", "/stat", "/job", "/page.css", "/frame.js", "/icon.svg")) {
            HttpResponse<String> page = get(open.url() + path);
            assertThat(page.statusCode()).as(path).isEqualTo(path.equals("/job") ? 400 : 200);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .as(path)
                    .startsWith("default-src 'none';")
                    .endsWith("frame-ancestors 'none'")
                    .doesNotContain("unsafe", "*");
            assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");
            assertThat(page.body()).doesNotContain("<style", "style=", " onclick", "javascript:");
        }
        CompactionWorker framed = start(settings().webDomain(WebDomain.parse("http://127.0.0.1:2011")));
        assertThat(get(framed.url() + "/stat")
                        .headers()
                        .firstValue("Content-Security-Policy")
                        .orElse(""))
                .endsWith("frame-ancestors http://127.0.0.1:2011");
        assertThat(get(open.url() + "/list?refresh=5").body()).contains("http-equiv=\"refresh\" content=\"5\"");
        assertThat(get(open.url() + "/list?refresh=999999").body()).contains("content=\"3600\"");
        assertThat(get(open.url() + "/list?refresh=x").statusCode()).isEqualTo(400);
    }

    @Test
    void shouldShowPagesToWhoKnowsTheSecret() throws Exception {
        CompactionWorker worker = start(settings().secret(SECRET));
        for (String path : List.of("/", "/list", "/stat", "/metrics", "/job?token=x", "/log?token=x", "/page.css")) {
            HttpResponse<String> stranger = get(worker.url() + path);
            assertThat(stranger.statusCode()).as(path).isEqualTo(401);
            assertThat(stranger.headers().firstValue("WWW-Authenticate").orElse(""))
                    .startsWith("Basic ");
            assertThat(stranger.body()).doesNotContain(SECRET);
        }
        for (String authorisation : List.of("Bearer " + SECRET, basic(SECRET))) {
            HttpResponse<String> known = send(
                    HttpRequest.newBuilder(URI.create(worker.url() + "/stat")).header("Authorization", authorisation));
            assertThat(known.statusCode()).isEqualTo(200);
            assertThat(known.body()).doesNotContain(SECRET);
        }
        for (String authorisation : List.of(basic("wrong"), "Basic %", "Basic", "Digest x", basic(""))) {
            assertThat(send(HttpRequest.newBuilder(URI.create(worker.url() + "/stat"))
                                    .header("Authorization", authorisation))
                            .statusCode())
                    .as(authorisation)
                    .isEqualTo(401);
        }
        assertThat(post(worker.url() + "/shutdown?token=x", "", "Authorization", basic(SECRET))
                        .statusCode())
                .as("a browser's password opens pages only")
                .isEqualTo(401);
    }

    @Test
    void shouldNotKeepAJobAliveForWhoOnlyLooks() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().orphanLimit(Duration.ofMillis(300)), new Gate());
        String token = new Client(worker.url())
                .submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> get(worker.url() + "/job?token=" + token).body().contains("compaction.worker.orphan"));
    }

    @Test
    @Tag("B53")
    void shouldStopOnlyWhereThatIsEnabledAndAuthorised() throws Exception {
        CompactionWorker disabled = start(settings().secret(SECRET));
        assertThat(post(disabled.url() + "/stop", "", "Authorization", "Bearer " + SECRET)
                        .statusCode())
                .isEqualTo(403);
        assertThat(disabled.status().stopping()).isFalse();
        assertThatThrownBy(() -> settings().stoppable(true).build()).hasMessageContaining("secret");

        CompactionWorker worker = start(settings().secret(SECRET).stoppable(true));
        String stop = worker.url() + "/stop";
        assertThat(post(stop, "").statusCode()).isEqualTo(401);
        assertThat(post(stop, "", "Authorization", "Bearer x").statusCode()).isEqualTo(401);
        assertThat(get(stop).statusCode()).isEqualTo(401);
        assertThat(send(HttpRequest.newBuilder(URI.create(stop)).header("Authorization", "Bearer " + SECRET))
                        .statusCode())
                .isEqualTo(405);
        assertThat(post(stop, "", "Authorization", basic(SECRET)).statusCode())
                .as("a form of another site, with the browser's password")
                .isEqualTo(403);
        assertThat(worker.status().stopping()).isFalse();
        assertThat(worker.stopRequest().toCompletableFuture()).isNotDone();

        assertThat(post(stop, "", "Authorization", "Bearer " + SECRET).statusCode())
                .isEqualTo(200);
        assertThat(worker.stopRequest().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(30));
        assertThat(new Client(worker.url()).get("/health").statusCode()).isEqualTo(412);
    }

    @Test
    @Tag("B53")
    void shouldStopByTheButtonOnItsPage() throws Exception {
        CompactionWorker worker = start(settings().secret(SECRET).stoppable(true));
        String page = send(HttpRequest.newBuilder(URI.create(worker.url() + "/"))
                        .header("Authorization", basic(SECRET)))
                .body();
        Matcher form = Pattern.compile("action=\"stop\"><input type=\"hidden\" name=\"form\" value=\"([^\"]+)\"")
                .matcher(page);
        assertThat(form.find()).as(page).isTrue();
        assertThat(post(worker.url() + "/stop", "form=" + form.group(1), "Authorization", basic(SECRET))
                        .statusCode())
                .isEqualTo(200);
        assertThat(worker.stopRequest().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(30));
    }

    @Test
    @Tag("B53")
    void shouldRunNoCommandWhateverIsAsked() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().secret(SECRET), new Gate());
        Client client = new Client(worker.url()).withSecret(SECRET);
        String token = client.submit(hostile(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE)))
                .token();
        long children = ProcessHandle.current().children().count();
        String marker = temporary.resolve("marker").toString();
        List<String> commands = List.of(
                "touch " + marker,
                ";touch " + marker,
                "$(touch " + marker + ")",
                "`touch " + marker + "`",
                "|touch " + marker);
        assertThat(worker.paths())
                .contains(
                        "/",
                        "/dcompact",
                        "/health",
                        "/list",
                        "/metrics",
                        "/probe",
                        "/shutdown",
                        "/stat",
                        "/stop",
                        "/wait");
        for (String path : worker.paths()) {
            for (String command : commands) {
                String text = URLEncoder.encode(command, UTF_8);
                String query = "?cmd=" + text + "&command=" + text + "&exec=" + text + "&token=" + text;
                assertThat(client.get(path + query).statusCode()).as(path).isLessThan(500);
                assertThat(client.post(
                                        path + query,
                                        ("command=" + text).getBytes(UTF_8),
                                        "application/x-www-form-urlencoded")
                                .statusCode())
                        .as(path)
                        .isLessThan(500);
            }
        }
        for (String old : List.of("/command", "/cmd", "/exec", "/shell", "/system")) {
            assertThat(client.get(old + "?cmd=id").statusCode()).isEqualTo(404);
        }
        assertThat(temporary.resolve("marker")).doesNotExist();
        assertThat(ProcessHandle.current().children().count()).isEqualTo(children);
        assertThat(client.probe(token).state()).isEqualTo(State.RUNNING);
    }
}
