// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.Main;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.base.MergeOperators;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The quick tier of both campaigns, and that they would find something. */
@Timeout(180)
class StressCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("bench", "stress", "--json"));
        all.addAll(List.of(arguments));
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }

    private JsonNode lastLine() throws Exception {
        List<String> lines = out.toString().lines().toList();
        return new ObjectMapper().readTree(lines.get(lines.size() - 1));
    }

    @Test
    void shouldKeepEveryPromiseWhenKilled() throws Exception {
        assertThat(run("--tests=kill", "--kills=8", "--duration=60s", "--keys=400"))
                .as(err + "" + out)
                .isZero();
        JsonNode figures = lastLine().get("kill");
        assertThat(figures.get("kills").asInt()
                        + figures.get("halts_at_a_storage_call").asInt())
                .isEqualTo(8);
        assertThat(figures.get("writes_verified").asLong()).isPositive();
        assertThat(figures.get("reads_verified").asLong()).isPositive();
    }

    @Test
    void shouldKeepEveryPromiseWhenWorkersAreKilledToo() throws Exception {
        assertThat(run("--tests=compaction", "--kills=10", "--duration=100s", "--keys=300"))
                .as(err + "" + out)
                .isZero();
        JsonNode figures = lastLine().get("compaction");
        assertThat(figures.get("kills").asInt()
                        + figures.get("halts_at_a_storage_call").asInt()
                        + figures.get("workers_killed").asInt())
                .isPositive();
        assertThat(figures.get("writes_verified").asLong()).isPositive();
        assertThat(figures.get("files_by_workers_at_openings").asLong()).isPositive();
    }

    @Test
    void shouldShowTheSameUnderEverySetOfOptions() throws Exception {
        assertThat(run("--tests=metamorphic", "--duration=150s", "--histories=1", "--operations=1200", "--keys=400"))
                .as(err + "" + out)
                .isZero();
        JsonNode figures = lastLine().get("metamorphic");
        assertThat(figures.get("option_sets").asInt()).isEqualTo(8);
        assertThat(figures.get("writes").asInt()).isEqualTo(8 * 1200);
        assertThat(figures.get("reads_verified").asLong()).isPositive();
    }

    @Test
    void shouldFindAKeyThatIsLostAndKeepTheStore() throws Exception {
        String[] arguments = {"--tests=kill", "--kills=1", "--duration=60s", "--keys=100", "--db=" + directory};
        assertThat(run(arguments)).as(err + "" + out).isZero();
        Path store = directory.resolve("kill").resolve("db");
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .mergeOperator(MergeOperators.stringAppend())
                .build();
        List<ColumnFamilyDescriptor> families = new KeySpace(3, 100)
                .familyNames().stream()
                        .map(name -> new ColumnFamilyDescriptor(name, options))
                        .toList();
        try (Store opened = Store.open(DBOptions.DEFAULT, store, families)) {
            byte[] first;
            try (StoreIterator iterator = opened.newIterator(opened.defaultColumnFamily())) {
                iterator.seekToFirst();
                first = iterator.key();
            }
            opened.delete(first);
        }
        assertThat(run(arguments)).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("FINDING: column family 0, key ", "has nothing", "; seed ");
        assertThat(lastLine().get("finding").asText()).contains("has nothing");
        assertThat(store.resolve("CURRENT")).exists();
        assertThat(directory.resolve("kill").resolve("db-before").resolve("CURRENT"))
                .exists();
    }

    @Test
    void shouldRefuseWhatItCantRun() {
        assertThat(run("--keys=5")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("--keys=5 is not from 100 to 100000");
    }
}
