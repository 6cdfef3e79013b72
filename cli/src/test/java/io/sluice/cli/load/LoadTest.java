// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTest {
    @TempDir
    private Path directory;

    private static final class OneKey implements Workload {
        @Override
        public long expectedEntries() {
            return 1;
        }

        @Override
        public void write(int part, EntryConsumer consumer) throws io.sluice.store.base.StoreException {
            consumer.accept(0, bytes("key"), bytes("value"));
        }

        @Override
        public void check(int part, EntryConsumer consumer) throws io.sluice.store.base.StoreException {
            consumer.accept(0, bytes("key"), bytes("value"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Store open() throws Exception {
        return Store.open(DBOptions.builder().createIfMissing(true).build(), directory.resolve("db"));
    }

    @Test
    void shouldTellMissingAndWrongFromRight() throws Exception {
        try (Store store = open()) {
            List<ColumnFamilyHandle> handles = List.of(store.defaultColumnFamily());
            Load load = new Load(store, handles, new OneKey(), 1, new LoadProgress(), () -> false);
            Load.Written written = load.write(null);
            assertThat(written.writes()).isEqualTo(1);
            assertThat(written.bytes()).isEqualTo(8);
            load.flush(Duration.ofSeconds(30));
            assertThat(load.verify().verified()).isEqualTo(1);

            store.put(bytes("key"), bytes("other"));
            Verifier wrong = load.verify();
            assertThat(List.of(wrong.verified(), wrong.missing(), wrong.wrong()))
                    .containsExactly(0L, 0L, 1L);

            store.delete(bytes("key"));
            Verifier missing = load.verify();
            assertThat(List.of(missing.verified(), missing.missing(), missing.wrong()))
                    .containsExactly(0L, 1L, 0L);
        }
    }

    @Test
    void shouldStopWritingAtTheLimitAndCheckWhatWasWritten() throws Exception {
        try (Store store = open()) {
            Workload endless = new GeneratedWorkload(2, 1, 1L << 30, 16, 100, 7);
            Load load =
                    new Load(store, List.of(store.defaultColumnFamily()), endless, 2, new LoadProgress(), () -> false);
            Load.Written written = load.write(Duration.ofMillis(200));
            assertThat(written.writes()).isPositive().isLessThan(1L << 30);
            assertThat(load.verify().verified()).isEqualTo(written.writes());
        }
    }

    @Test
    void shouldWriteAndReadBackNoMoreOnceStopped() throws Exception {
        try (Store store = open()) {
            Workload endless = new GeneratedWorkload(2, 1, 1L << 30, 16, 100, 7);
            AtomicInteger asked = new AtomicInteger();
            Load load = new Load(
                    store,
                    List.of(store.defaultColumnFamily()),
                    endless,
                    2,
                    new LoadProgress(),
                    () -> asked.incrementAndGet() > 1000);
            Load.Written written = load.write(null);
            assertThat(written.writes()).isEqualTo(1000);
            assertThat(load.verify().verified()).isZero();
        }
    }

    private static LoadReport report(long missing) {
        return new LoadReport(
                "file:///x",
                10,
                1000,
                0.5,
                20,
                10 - missing,
                missing,
                0,
                1.5,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                2,
                1,
                Map.of("no_worker", 1L),
                Map.of("manual_flush", 3L),
                0,
                4096,
                Map.of("m1", "tcp (RDMA is off here)"),
                Map.of("tcp", 4096L),
                Map.of("tcp", 4095L),
                Map.of("w1", 2L),
                Map.of("w1", 2L, "local", 1L),
                2048,
                Map.of("c1", 2L, "local", 1L),
                0);
    }

    @Test
    void shouldSurviveTheWayThroughJsonUnderItsDocumentedNames() throws Exception {
        LoadReport report = report(0);
        assertThat(LoadReport.fromJson(report.toJson())).isEqualTo(report);
        assertThat(report.toJson())
                .contains("\"writes\":10,", "\"verified\":10,", "\"missing\":0,", "\"wrong\":0,")
                .contains("\"remote_flushes\":2,", "\"local_flushes\":1,", "\"bytes_shipped\":4096,")
                .contains("\"put_p50_us\":1.5,", "\"put_p99_us\":2.0,", "\"put_p999_us\":3.0,", "\"get_p50_us\":5.0,")
                .contains("\"transports\":{\"m1\":\"tcp (RDMA is off here)\"},", "\"shipped_by\":{\"tcp\":4096},")
                .contains("\"read_by\":{\"tcp\":4095},", "\"sst_bytes\":2048,", "\"stalled_millis\":0")
                .contains("\"compactions\":{")
                .contains("\"workers\":{\"w1\":2}", "\"storage\":\"file:///x\"");
    }

    @Test
    void shouldCountWorkersWithoutJobs() {
        assertThat(report(0).withWorkers(List.of("w1", "w2")).workers()).isEqualTo(Map.of("w1", 2L, "w2", 0L));
    }

    @Test
    void shouldShowWhyFlushesWereLocalAndWhatIsMissing() {
        StringWriter text = new StringWriter();
        report(3).print(new PrintWriter(text));
        assertThat(text.toString()).contains("2 remote, 1 local (no_worker 1)", "3 missing");
        assertThat(report(3).intact()).isFalse();
    }
}
