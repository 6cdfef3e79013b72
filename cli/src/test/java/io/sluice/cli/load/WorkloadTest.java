// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.cli.input.InputFile;
import io.sluice.cli.input.InputFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkloadTest {
    @TempDir
    private Path directory;

    /** Runs all parts one after the other, beside the feeding. */
    private static List<String> all(Workload workload, int parts, boolean check) throws Exception {
        FutureTask<Boolean> feed = new FutureTask<>(() -> {
            workload.feed();
            return true;
        });
        Thread feeder = new Thread(feed, "feed");
        feeder.start();
        List<FutureTask<List<String>>> tasks = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            int part = i;
            FutureTask<List<String>> task = new FutureTask<>(() -> part(workload, part, check));
            new Thread(task, "part-" + part).start();
            tasks.add(task);
        }
        List<String> entries = new ArrayList<>();
        for (FutureTask<List<String>> task : tasks) {
            entries.addAll(task.get());
        }
        feed.get();
        return entries;
    }

    private static List<String> part(Workload workload, int part, boolean check) throws Exception {
        List<String> entries = new ArrayList<>();
        Workload.EntryConsumer consumer = (columnFamily, key, value) -> entries.add(columnFamily + " "
                + new String(key, StandardCharsets.ISO_8859_1) + "=" + new String(value, StandardCharsets.ISO_8859_1));
        if (check) {
            workload.check(part, consumer);
        } else {
            workload.write(part, consumer);
        }
        return entries;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 100, 1024, 9999})
    void shouldWriteEachNumberOnceAndCheckTheSame(long entries) throws Exception {
        Workload workload = new GeneratedWorkload(3, 4, entries, 16, 20, 42);
        List<String> written = all(workload, 3, false);
        Set<Long> numbers = new HashSet<>();
        for (String entry : written) {
            byte[] key = entry.substring(entry.indexOf(' ') + 1, entry.indexOf(' ') + 17)
                    .getBytes(StandardCharsets.ISO_8859_1);
            numbers.add(ByteBuffer.wrap(key).getLong());
        }
        assertThat(written).hasSize((int) entries);
        assertThat(numbers).hasSize((int) entries).allMatch(number -> number >= 0 && number < entries);
        assertThat(all(workload, 3, true)).isEqualTo(written);
    }

    @Test
    void shouldNotFillAllColumnFamiliesAtOneMoment() throws Exception {
        int[] shares = new int[4];
        for (String entry : all(new GeneratedWorkload(1, 4, 34_000, 16, 0, 42), 1, false)) {
            shares[Integer.parseInt(entry.substring(0, entry.indexOf(' ')))]++;
        }
        assertThat(shares).containsExactly(4_000, 7_000, 10_000, 13_000);
    }

    @Test
    void shouldCheckOnlyWhatWasTaken() throws Exception {
        Workload workload = new GeneratedWorkload(1, 1, 100, 8, 0, 1);
        List<byte[]> taken = new ArrayList<>();
        workload.write(0, (columnFamily, key, value) -> taken.size() < 30 && taken.add(key.clone()));
        List<byte[]> checked = new ArrayList<>();
        workload.check(0, (columnFamily, key, value) -> checked.add(key.clone()));
        assertThat(checked).hasSize(30).containsExactlyElementsOf(taken);
    }

    private InputWorkload input(String text, int parts) throws IOException {
        Path file = Files.writeString(directory.resolve("in.tsv"), text);
        return new InputWorkload(new InputFile(file, InputFormat.TSV, "k", List.of("v")), parts, 5);
    }

    @Test
    void shouldCheckTheLastRecordOfEachKey() throws Exception {
        StringBuilder text = new StringBuilder("k\tv\n");
        Map<String, String> last = new HashMap<>();
        for (int i = 0; i < 5000; i++) {
            text.append("k").append(i % 700).append('\t').append(i).append('\n');
            last.put("k" + i % 700, Integer.toString(i));
        }
        Workload workload = input(text.toString(), 4);
        assertThat(all(workload, 4, false)).hasSize(5000);
        assertThat(workload.expectedEntries()).isEqualTo(700);
        List<String> checked = all(workload, 4, true);
        assertThat(checked).hasSize(700);
        for (String entry : checked) {
            String[] parts = entry.substring(entry.indexOf(' ') + 1).split("=", 2);
            assertThat(last).containsEntry(parts[0], parts[1]);
        }
    }

    @Test
    void shouldEndAllPartsWhereTheFileBreaksOff() throws Exception {
        Workload workload = input("k\tv\n" + "a\tb\n".repeat(1000) + "broken\n", 3);
        assertThatThrownBy(() -> all(workload, 3, false))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasMessageContaining("line 1002");
    }

    @Test
    void shouldRefuseAnEmptyFile() {
        assertThatThrownBy(() -> input("k\tv\n", 1).probe()).hasMessageContaining("has no record");
    }
}
