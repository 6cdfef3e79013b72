// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.cli.command.CommandFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DbBenchTest {
    @TempDir
    private Path directory;

    @Test
    void shouldReadWhatDbBenchPrints() throws Exception {
        DbBench.Output output = new DbBench.Output(() -> Duration.ofSeconds(3));
        output.line("WARNING: Assertions are enabled; benchmarks unnecessarily slow", 0);
        output.line(
                "fillrandom   :      14.853 micros/op 132438 ops/sec 1.510 seconds 200000 operations;   14.7 MB/s", 0);
        output.line("Percentiles: P50: 4.45 P75: 5.93 P99: 20.87 P99.9: 3391.94 P99.99: 9768.00", 1);
        output.line("flush memtable", 490_000_000);
        assertThat(output.measurement(0))
                .isEqualTo(new Measurement(
                        200_000, 1.510, 2.0, 3.0, 4.45, 20.87, 3391.94, null, Map.of("assertions", true)));
    }

    @Test
    void shouldSayWhatItPrintedWhereItFailed() {
        DbBench.Output output = new DbBench.Output(() -> Duration.ofSeconds(3));
        output.line("put error: IO error: No space left on device", 0);
        assertThatThrownBy(() -> output.measurement(1))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("exit code 1")
                .hasMessageContaining("No space left on device");
    }

    @Test
    void shouldSayHowToInstallIt() {
        assertThatThrownBy(() -> new DbBench(directory.resolve("db_bench")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("apt-get install rocksdb-tools");
    }

    @Test
    void shouldRunDbBench() throws Exception {
        assumeTrue(Files.isExecutable(DbBench.PROGRAM), "needs Debian's rocksdb-tools");
        Measurement measurement = new DbBench(DbBench.PROGRAM).run(Loads.small(2, 3), 5, directory);
        assertThat(measurement.puts()).isEqualTo(2000);
        assertThat(measurement.flushedSeconds()).isGreaterThanOrEqualTo(measurement.putSeconds());
        assertThat(measurement.p999Us()).isGreaterThanOrEqualTo(measurement.p50Us());
    }
}
