// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.hoster.TestWorker.Reception;
import io.sluice.config.ConfigException;
import io.sluice.config.StoreConfiguration;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.storage.MemoryStorage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store whose compactions run on workers over HTTP, which fail. */
@Timeout(60)
class RemoteCompactionTest {
    private static final int KEYS = 1200;

    private final MemoryStorage storage = new MemoryStorage("remote");
    private final List<TestWorker> workers = new ArrayList<>();
    private TestWorker first;
    private TestWorker second;
    private RemoteCompaction remote;

    @BeforeEach
    void startWorkers() throws IOException {
        first = worker("w1");
        second = worker("w2");
        remote = new RemoteCompaction(settings().build());
    }

    @AfterEach
    void stopWorkers() {
        workers.forEach(TestWorker::close);
    }

    private TestWorker worker(String id) throws IOException {
        TestWorker worker = new TestWorker(id, storage);
        workers.add(worker);
        return worker;
    }

    private RemoteCompactionSettings.Builder settings() {
        return RemoteCompactionSettings.builder()
                .httpWorkers(workers.stream()
                        .map(worker -> RemoteWorker.of(worker.url()))
                        .toList())
                .dcompactMinLevel(0)
                .retrySleepTime(Duration.ofMillis(20));
    }

    private Store open(RemoteCompactionSettings.Builder settings) throws StoreException {
        remote = new RemoteCompaction(settings.build());
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(remote)
                .build();
        return Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family())));
    }

    private static ColumnFamilyOptions family() {
        return ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(8 << 10)
                .build();
    }

    private static void fill(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), value(i, round));
        }
        store.flush(FlushOptions.DEFAULT);
    }

    private static void fillTwice(Store store) throws StoreException {
        fill(store, 0);
        fill(store, 1);
    }

    private static void compact(Store store) throws StoreException {
        store.compactRange(store.defaultColumnFamily());
    }

    /** The executor learns of the installation a moment after the program. */
    private RemoteCompactionStatistics statistics(long remoteJobs) {
        await().until(() -> remote.statistics().remoteJobs() == remoteJobs);
        return remote.statistics();
    }

    private static void check(Store store) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo(value(i, 1));
        }
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int number, int round) {
        byte[] value = new byte[100];
        new Random(number * 31L + round).nextBytes(value);
        return value;
    }

    private void expectNoOrphans() throws IOException {
        for (String owner : storage.list("")) {
            if (owner.startsWith("owner-")) {
                assertThat(storage.list(owner)).noneMatch(name -> name.startsWith("job-compaction"));
            }
        }
    }

    @Test
    void shouldCompactOnAWorker() throws Exception {
        try (Store store = open(settings())) {
            fillTwice(store);
            compact(store);
            check(store);
            RemoteCompactionStatistics statistics = statistics(1);
            assertThat(statistics.remoteInputBytes()).isPositive();
            assertThat(statistics.workerJobs().values()).containsExactly(1L);
            assertThat(statistics.localJobs()).isEmpty();
            assertThat(statistics.failedAttempts()).isEmpty();
            expectNoOrphans();
        }
        try (Store store = open(settings())) {
            check(store);
        }
    }

    @Tag("B1")
    @ParameterizedTest
    @ValueSource(strings = {"store.json", "store.yaml"})
    void shouldBeSwitchedOnByConfigurationAlone(String name, @TempDir Path directory) throws Exception {
        Path file = directory.resolve(name);
        String workers = "\"" + first.url() + "\", \"//" + second.url() + "\"";
        String on = name.endsWith(".json")
                ? "{\"CompactionExecutorFactory\": {\"x\": {\"class\": \"DcompactEtcd\", \"params\":"
                        + " {\"dcompact_min_level\": 0, \"http_workers\": [" + workers + "]}}}}"
                : "CompactionExecutorFactory:\n  x:\n    class: RemoteCompaction\n    params:\n"
                        + "      dcompact_min_level: 0\n      http_workers: [" + workers + "]\n";
        for (String text : List.of("{}", on)) {
            Files.writeString(file, text);
            compactAsConfigured(file);
            assertThat(first.submissions).hasValue(text.equals(on) ? 1 : 0);
        }
        assertThat(second.submissions).hasValue(0);
    }

    /** A program that embeds a store, and knows nothing of remote compaction. */
    private void compactAsConfigured(Path file) throws StoreException {
        DBOptions options = StoreConfiguration.load(file)
                .applyTo(DBOptions.builder().createIfMissing(true))
                .build();
        try (Store store = Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family())))) {
            fillTwice(store);
            compact(store);
            check(store);
        }
    }

    @Test
    void shouldShowWorkersItsSecret(@TempDir Path directory) throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "0123456789abcdef\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        try (Store store = open(settings().secretFile(secret.toString()))) {
            fillTwice(store);
            compact(store);
            check(store);
        }
        assertThat(first.authorization).isEqualTo("Bearer 0123456789abcdef");
    }

    @Tag("B13")
    @Test
    void shouldUseSeveralWorkersInTurn() throws Exception {
        try (Store store = open(settings())) {
            fill(store, 1);
            for (int job = 0; job < 4; job++) {
                fill(store, 1);
                compact(store);
            }
            assertThat(statistics(4).workerJobs()).containsOnly(Map.entry("w1", 2L), Map.entry("w2", 2L));
            check(store);
        }
    }

    @Test
    void shouldTakeChangedParametersForTheNextJob() throws Exception {
        try (Store store = open(settings())) {
            fillTwice(store);
            remote.set("http_workers", "[\"" + second.url() + "\"]", "a test");
            remote.set("http_max_retry", "7", "a test");
            remote.set("retry_sleep_time", "30ms", "a test");
            remote.set("load_balance", "kWeight", "a test");
            assertThat(remote.settings().httpMaxRetry()).isEqualTo(7);
            assertThat(remote.settings().retrySleepTime()).isEqualTo(Duration.ofMillis(30));
            assertThat(remote.settings().loadBalance()).isEqualTo(LoadBalance.WEIGHT);
            for (int i = 0; i < 3; i++) {
                fill(store, 1);
                compact(store);
            }
            assertThat(statistics(3).workerJobs()).containsOnly(Map.entry("w2", 3L));
            for (List<String> wrong : List.of(
                    List.of("http_workers", "[]"),
                    List.of("http_max_retry", "0"),
                    List.of("http_max_retries", "1"),
                    List.of("instance_name", "other"))) {
                assertThatThrownBy(() -> remote.set(wrong.get(0), wrong.get(1), "a test"))
                        .isInstanceOf(ConfigException.class)
                        .hasMessageStartingWith("parameters: " + wrong.get(0) + ": ");
            }
            remote.set("dcompact_min_level", "7", "a test");
            fill(store, 1);
            compact(store);
            assertThat(remote.statistics().remoteJobs()).isEqualTo(3);
            check(store);
        }
    }

    @Tag("B48")
    @Test
    void shouldPostOneAlertInAnInterval() throws Exception {
        List<String> alerts = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/alerts", exchange -> {
            try (exchange) {
                alerts.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
                exchange.sendResponseHeaders(204, -1);
            }
        });
        server.start();
        first.life = 0;
        second.life = 0;
        try (Store store = open(settings()
                .instanceName("db7")
                .alertHttp("http://127.0.0.1:" + server.getAddress().getPort() + "/alerts"))) {
            fillTwice(store);
            assertThatThrownBy(() -> compact(store)).isInstanceOf(StoreException.class);
            await().until(() -> !alerts.isEmpty());
            JsonNode alert = new JsonMapper().readTree(alerts.get(0));
            assertThat(alert.get("title").asText()).contains("db7");
            assertThat(alert.get("status").asText()).startsWith("WORKER_ERROR: the attempt at ");
            assertThat(alert.get("url").asText()).isEqualTo(first.url());
            assertThat(alert.get("instance").asText()).isEqualTo("db7");
            assertThat(second.submissions).hasValue(1); // which was told of to nobody
        } finally {
            server.stop(0);
        }
        assertThat(alerts).hasSize(1);
    }

    @Tag("B7")
    @Test
    void shouldKeepCompactionsToUpperLevelsHere() throws Exception {
        try (Store store = open(settings().dcompactMinLevel(7))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().belowMinLevel()).isPositive();
            assertThat(first.submissions.get() + second.submissions.get()).isZero();
        }
        try (Store store = open(settings().dcompactMinLevel(1))) {
            fill(store, 1);
            compact(store); // to the last level, 6
            assertThat(statistics(1).belowMinLevel()).isZero();
        }
    }

    @Tag("B39")
    @Tag("B42")
    @Test
    void shouldGoOnElsewhereBehindWhatADeadWorkerHasFinished() throws Exception {
        first.life = 3;
        first.dies = true;
        try (Store store = open(settings())) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(statistics(1).workerJobs()).containsOnlyKeys("w2");
            assertThat(remote.statistics().adoptedSegments()).isEqualTo(3);
            assertThat(remote.statistics().failedAttempts().values()).containsExactly(1L);
            expectNoOrphans();
        }
    }

    @Tag("B39")
    @Test
    void shouldNotAskAFailedWorkerAgainForTheSameJob() throws Exception {
        first.life = 0;
        second.life = 0;
        try (Store store = open(settings().httpMaxRetry(5))) {
            fillTwice(store);
            assertThatThrownBy(() -> compact(store))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("test.died"));
            assertThat(first.submissions).hasValue(1);
            assertThat(second.submissions).hasValue(1);
            first.life = Integer.MAX_VALUE;
            compact(store); // another job may ask them again
            check(store);
        }
    }

    @Tag("B39")
    @Test
    void shouldAskAProxyAgainButNoWorkerBehindItThatFailed() throws Exception {
        first.life = 0;
        first.address = "http://10.0.0.7:8080";
        RemoteCompactionSettings.Builder behindProxy =
                settings().httpWorkers(List.of(RemoteWorker.of(first.url()))).httpMaxRetry(3);
        try (Store store = open(behindProxy)) {
            fillTwice(store);
            assertThatThrownBy(() -> compact(store)).isInstanceOf(StoreException.class);
            assertThat(first.submissions).hasValue(2);
            assertThat(remote.statistics().failedAttempts())
                    .containsOnly(
                            Map.entry(FallbackReason.WORKER_ERROR, 1L), Map.entry(FallbackReason.FAILED_BEFORE, 1L));
            first.onSubmission = count -> {
                first.id = "w1-" + count; // a pod in turn
                first.life = count == 5 ? Integer.MAX_VALUE : 0;
            };
            compact(store);
            check(store);
            assertThat(first.submissions).hasValue(5);
            first.onSubmission = count -> {
                first.id = "w1-" + count;
                first.life = 0;
            };
            fill(store, 1);
            assertThatThrownBy(() -> compact(store)).isInstanceOf(StoreException.class);
            assertThat(first.submissions).hasValue(5 + 3); // http_max_retry
        }
    }

    @Tag("B40")
    @Test
    void shouldFallBackBehindWhatWorkersHaveFinished() throws Exception {
        first.life = 2;
        second.life = 4;
        try (Store store = open(settings().allowFallbackToLocal(true))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().localJobs()).containsOnly(Map.entry(FallbackReason.WORKER_ERROR, 1L));
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_ERROR, 2L));
            expectNoOrphans();
        }
        try (Store store = open(settings())) {
            check(store);
        }
    }

    @Tag("B21")
    @Test
    void shouldWaitForABusyWorkerWithoutUsingUpAttempts() throws Exception {
        for (TestWorker worker : workers) {
            worker.reception = Reception.BUSY;
            worker.receptions.set(5);
        }
        Duration pause = Duration.ofMillis(50);
        long start = System.nanoTime();
        try (Store store = open(settings().httpMaxRetry(1).retrySleepTime(pause))) {
            fillTwice(store);
            start = System.nanoTime();
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_BUSY, 10L));
            assertThat(statistics(1).workerJobs()).hasSize(1);
        }
        assertThat(System.nanoTime() - start).isGreaterThan(5 * pause.toNanos());
    }

    @Test
    void shouldFallBackWhereAllWorkersAreBusyForTooLong() throws Exception {
        first.reception = Reception.BUSY;
        second.reception = Reception.BUSY;
        try (Store store = open(impatient().allowFallbackToLocal(true))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().localJobs()).containsOnly(Map.entry(FallbackReason.WORKER_BUSY, 1L));
        }
    }

    @Tag("B46")
    @Test
    void shouldNotRetryWhatCannotSucceedAndTellTheWorkersError() throws Exception {
        for (TestWorker worker : workers) {
            worker.life = 0;
            worker.death = StoreException.corruption("sst.block.checksum", "000007.sst at 4096: damaged");
        }
        try (Store store = open(settings())) {
            fillTwice(store);
            assertThatThrownBy(() -> compact(store)).isInstanceOfSatisfying(StoreException.class, e -> {
                assertThat(e.kind()).isEqualTo(Kind.CORRUPTION);
                assertThat(e.code()).isEqualTo("sst.block.checksum");
                assertThat(e).hasMessageContaining("000007.sst at 4096: damaged");
            });
            assertThat(first.submissions.get() + second.submissions.get()).isEqualTo(1);
            check(store); // reads go on
        }
    }

    @Test
    void shouldGoElsewhereWhereAWorkerHasAReasonOfItsOwn() throws Exception {
        first.life = 0;
        first.death =
                StoreException.invalid("compaction.worker.root", "the storage is not below a root of this worker");
        try (Store store = open(settings())) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(statistics(1).workerJobs()).containsOnlyKeys("w2");
        }
    }

    @Test
    void shouldGiveTheJobToAnotherWhereAWorkerLeaves() throws Exception {
        first.life = 3;
        first.leaves = true;
        try (Store store = open(settings().httpMaxRetry(1))) { // it uses up no attempt
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.HANDED_BACK, 1L));
            assertThat(remote.statistics().adoptedSegments()).isEqualTo(3);
        }
    }

    @Tag("B37")
    @Test
    void shouldGiveUpAnAttemptThatMakesNoProgress() throws Exception {
        first.life = 2;
        first.sticks = true;
        try (Store store = open(impatient())) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.DEADLINE, 1L));
            assertThat(statistics(1).workerJobs()).containsOnlyKeys("w2");
            assertThat(first.shutdowns).hasValue(1);
        }
    }

    private static Progress waiting(Progress truth) {
        return Progress.of(truth.token(), Progress.State.WAITING, truth.counts(), List.of(), 0, List.of(), null, null);
    }

    private RemoteCompactionSettings.Builder impatient() {
        return settings()
                .overallTimeout(Duration.ofMillis(300))
                .httpTimeout(Duration.ofMillis(300))
                .timeoutMultiplier(1)
                .estimateSpeed(1e12);
    }

    @Test
    void shouldStayInAQueueWhereItCannotBeCompactedHere() throws Exception {
        AtomicInteger answers = new AtomicInteger();
        first.tales = truth -> answers.incrementAndGet() < 8 ? waiting(truth) : truth; // 200 ms, or 50, each
        try (Store store = open(impatient())) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(statistics(1).workerJobs()).containsOnlyKeys("w1");
            assertThat(remote.statistics().failedAttempts()).isEmpty();
        }
    }

    @Test
    void shouldLeaveAQueueWhereItCanBeCompactedHere() throws Exception {
        first.tales = RemoteCompactionTest::waiting;
        second.tales = RemoteCompactionTest::waiting;
        try (Store store = open(impatient().allowFallbackToLocal(true))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().localJobs()).containsOnly(Map.entry(FallbackReason.WORKER_BUSY, 1L));
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_BUSY, 2L));
            assertThat(first.shutdowns).hasValue(1);
            assertThat(second.shutdowns).hasValue(1);
        }
    }

    @Test
    void shouldUseTheResultThatALostWorkerHasLeft() throws Exception {
        first.diesAtItsEnd = true;
        try (Store store = open(settings().httpWorkers(List.of(RemoteWorker.of(first.url()))))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(statistics(1).workerJobs()).containsOnly(Map.entry("w1", 1L));
        }
    }

    @Tag("B45")
    @Test
    void shouldGoElsewhereWhereASubmissionIsNotAnswered() throws Exception {
        first.reception = Reception.TAKE_AND_DROP;
        try (Store store = open(settings().httpTimeout(Duration.ofSeconds(2)))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_LOST, 1L));
            await().until(first::isIdle); // it harms nothing, and ends
            check(store);
            expectNoOrphans();
        }
    }

    @Test
    void shouldGoElsewhereWhereAWorkerAnswersNonsense() throws Exception {
        for (Reception nonsense :
                List.of(Reception.NONSENSE, Reception.NO_WORKER_BEHIND_PROXY, Reception.OTHER_RELEASE)) {
            first.reception = nonsense;
            try (Store store = open(settings())) {
                fillTwice(store);
                compact(store);
                check(store);
                FallbackReason reason = switch (nonsense) {
                    case NONSENSE -> FallbackReason.BAD_ANSWER;
                    case NO_WORKER_BEHIND_PROXY -> FallbackReason.WORKER_LOST;
                    default -> FallbackReason.WORKER_ERROR;
                };
                assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(reason, 1L));
            }
        }
    }

    @Test
    void shouldGoElsewhereWhereAWorkerHasForgottenTheJob() throws Exception {
        first.forgets = true;
        try (Store store = open(settings())) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_LOST, 1L));
            assertThat(first.waits).hasValue(1); // asking again is of no use
        }
    }

    @Test
    void shouldProbeWhereAWaitIsBroken() throws Exception {
        first.brokenAnswers.set(3);
        try (Store store = open(settings().httpWorkers(List.of(RemoteWorker.of(first.url()))))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).isEmpty();
            assertThat(first.probes).hasValueGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void shouldNotBeConfusedByDuplicateAndReorderedReports() throws Exception {
        List<Progress> told = new ArrayList<>();
        Random random = new Random(7);
        first.tales = truth -> {
            synchronized (told) {
                told.add(truth);
                return truth.state().hasEnded() || random.nextBoolean() ? truth : told.get(random.nextInt(told.size()));
            }
        };
        second.life = 0;
        try (Store store = open(settings().httpMaxRetry(10).httpWorkers(List.of(RemoteWorker.of(first.url()))))) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(statistics(1).workerJobs()).hasSize(1);
        }
    }

    @Test
    void shouldRefuseAResultOfAnotherJobOrAttempt() throws Exception {
        first.tamper = made -> new CompactionResult(
                made.id(),
                made.attempt() + 1,
                List.of(),
                made.inputEntries(),
                made.filterReports(),
                made.builder(),
                made.statistics());
        try (Store store = open(settings())) {
            fillTwice(store);
            compact(store);
            check(store);
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.BAD_ANSWER, 1L));
        }
    }

    @Test
    void shouldCountAResultThatTheStoreRefuses() throws Exception {
        first.tamper = made -> new CompactionResult(
                made.id(), made.attempt(), made.outputs(), 0, made.filterReports(), made.builder(), made.statistics());
        try (Store store = open(settings())) {
            fillTwice(store);
            assertThatThrownBy(() -> compact(store)).isInstanceOf(StoreException.class);
            await().untilAsserted(() -> assertThat(remote.statistics().failedAttempts())
                    .containsOnly(Map.entry(FallbackReason.NOT_INSTALLED, 1L)));
            assertThat(remote.statistics().remoteJobs()).isZero();
            compact(store); // by the other
            check(store);
        }
    }

    @Test
    void shouldMeetProgressThatContradictsItselfByBeginningAnew() throws Exception {
        first.life = 2;
        first.tales = truth -> truth.segments().size() < 2
                ? truth
                : new Progress(
                        truth.version(),
                        truth.token(),
                        truth.state(),
                        truth.inputEntries(),
                        truth.bytesRead(),
                        truth.bytesWritten(),
                        truth.outputs(),
                        truth.ranges(),
                        truth.seen(),
                        truth.segments().subList(1, 2), // without the one before it
                        truth.error(),
                        truth.result());
        try (Store store = open(settings().allowFallbackToLocal(true))) {
            fillTwice(store);
            compact(store);
            check(store);
        }
    }

    @Tag("B47")
    @Test
    void shouldClosePromptlyDuringAJob() throws Exception {
        first.life = 1;
        first.sticks = true;
        second.life = 1;
        second.sticks = true;
        CompletableFuture<Void> failure;
        long start;
        try (Store store = open(settings())) {
            fillTwice(store);
            failure = CompletableFuture.runAsync(() -> {
                try {
                    compact(store);
                } catch (StoreException e) {
                    throw new java.util.concurrent.CompletionException(e);
                }
            });
            await().until(() -> first.waits.get() + second.waits.get() > 0);
            start = System.nanoTime();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThatThrownBy(failure::join).hasCauseInstanceOf(StoreException.class);
        assertThat(first.shutdowns.get() + second.shutdowns.get()).isEqualTo(1);
        try (Store store =
                open(settings().httpWorkers(List.of(RemoteWorker.of(worker("w3").url()))))) {
            check(store);
            compact(store);
            check(store);
        }
    }

    @Test
    void shouldCloseWhileItWaitsForBusyWorkers() throws Exception {
        first.reception = Reception.BUSY;
        second.reception = Reception.BUSY;
        CompletableFuture<Void> failure;
        try (Store store = open(settings().retrySleepTime(Duration.ofHours(1)))) {
            fillTwice(store);
            failure = CompletableFuture.runAsync(() -> {
                try {
                    compact(store);
                } catch (StoreException e) {
                    throw new java.util.concurrent.CompletionException(e);
                }
            });
            await().until(() -> first.submissions.get() + second.submissions.get() == 2);
        }
        assertThatThrownBy(failure::join).hasCauseInstanceOf(StoreException.class);
    }

    @Test
    void shouldRefuseAStoreOutsideOfHosterRoot() {
        assertThatThrownBy(() -> open(settings().hosterRoot("/db1")).close())
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("compaction.remote.hoster-root"));
    }
}
