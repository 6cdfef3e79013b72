// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.bench.stress.Journal.Entry;
import io.sluice.bench.stress.Journal.Kind;
import io.sluice.store.base.ValueType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpectedStateTest {
    private static final KeySpace SPACE = new KeySpace(3, 100);
    private static final int LENGTH = 1 << 16;

    @TempDir
    private Path directory;

    @Test
    void shouldReadBackWhatTheThreadsDid() throws Exception {
        ExpectedState expected = new ExpectedState(directory, SPACE);
        assertThat(expected.baseline().round()).isZero();
        long[][][] states = Baseline.empty(SPACE).states();
        states[2][99] = new long[] {5, -6};
        expected.begin(new Baseline(1, true, states));
        Change last = new Change(ValueType.RANGE_DELETION, 2, 0xfffe, 0xffffff, -1);
        Journal one = expected.journal(1, 0, LENGTH);
        Journal other = expected.journal(1, 1, LENGTH);
        one.begin(1, Kind.UNLOGGED, List.of(last, last));
        other.begin(2, Kind.SYNCED, List.of(last));
        other.end(3);
        one.end(4);
        one.begin(5, Kind.LOGGED, List.of(last));
        one.refused();
        one.begin(6, Kind.LOGGED, List.of(last));
        one.count(3, 2, 10);
        ExpectedState read = new ExpectedState(directory, SPACE);
        assertThat(read.baseline().manualWalFlush()).isTrue();
        assertThat(Arrays.deepEquals(read.baseline().states(), states)).isTrue();
        assertThat(read.entries(1))
                .containsExactly(
                        new Entry(1, 4, Kind.UNLOGGED, List.of(last, last)),
                        new Entry(2, 3, Kind.SYNCED, List.of(last)),
                        new Entry(6, 0, Kind.LOGGED, List.of(last)));
        assertThat(read.reads(1)).isEqualTo(5);
        assertThat(read.closed(1)).isFalse();
    }

    @Test
    void shouldForgetRoundsBeforeTheNewest() throws Exception {
        ExpectedState expected = new ExpectedState(directory, SPACE);
        expected.begin(new Baseline(1, false, Baseline.empty(SPACE).states()));
        expected.setClosed(1);
        assertThat(expected.closed(1)).isTrue();
        assertThat(expected.journal(1, 0, LENGTH).isFull()).isFalse();
        Files.writeString(directory.resolve("base-2.tmp"), "half of one");
        assertThat(new ExpectedState(directory, SPACE).baseline().round()).isEqualTo(1);
        expected.begin(new Baseline(2, false, Baseline.empty(SPACE).states()));
        assertThat(directory.toFile().list()).containsExactly("base-2");
        assertThatThrownBy(() -> new ExpectedState(directory, new KeySpace(3, 101)).baseline())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--column-families=3 --keys=100");
    }

    @Test
    void shouldKnowEachByteOfAValue() throws Exception {
        for (long id = 0; id < 2000; id++) {
            assertThat(Values.of(id).length).isLessThanOrEqualTo(Values.MAX_LENGTH);
        }
        long[] ids = {7, 1L << 40, -3};
        byte[] value = Values.of(ids);
        assertThat(Values.parse(value)).isEqualTo(ids);
        for (int i = 0; i < value.length; i++) {
            byte[] wrong = value.clone();
            wrong[i] ^= 1;
            assertThatThrownBy(() -> Values.parse(wrong)).isInstanceOf(Finding.class);
        }
        for (int i = 1; i < value.length; i++) {
            byte[] shorter = Arrays.copyOf(value, i);
            if (i != Values.of(7).length && i != Values.of(new long[] {7, 1L << 40}).length) {
                assertThatThrownBy(() -> Values.parse(shorter)).isInstanceOf(Finding.class);
            }
        }
    }

    @Test
    void shouldKnowItsKeys() throws Exception {
        for (int i = 0; i < SPACE.keys(); i++) {
            assertThat(SPACE.number(SPACE.key(i))).isEqualTo(i);
            assertThat(i == 0 || Arrays.compareUnsigned(SPACE.key(i - 1), SPACE.key(i)) < 0)
                    .isTrue();
        }
        for (String key : List.of("", "k", "k00100", "k00003x", "k00004", "x00003")) {
            assertThatThrownBy(() -> SPACE.number(key.getBytes(StandardCharsets.US_ASCII)))
                    .isInstanceOf(Finding.class);
        }
    }
}
