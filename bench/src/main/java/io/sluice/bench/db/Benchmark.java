// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The benchmarks, by db_bench's names. */
enum Benchmark {
    /** Puts of all keys in order, each thread its own round, in a fresh store. */
    FILLSEQ(Unit.WRITE),
    /** Puts of random keys in a fresh store. */
    FILLRANDOM(Unit.WRITE),
    /** Puts of random keys in the store as it is. */
    OVERWRITE(Unit.WRITE),
    /** Gets of random keys. */
    READRANDOM(Unit.READ),
    /** Steps from the first key on. */
    READSEQ(Unit.READ),
    /** Steps from the last key back. */
    READREVERSE(Unit.READ),
    /** Seeks of random keys, each with an iterator of its own. */
    SEEKRANDOM(Unit.SEEK),
    /** Gets of random keys, while one more thread puts random keys; the gets count. */
    READWHILEWRITING(Unit.READ),
    /** Deletions of random keys. */
    DELETERANDOM(Unit.DELETE),
    /** Compacts everything. */
    COMPACT(Unit.COMPACT),
    /** Prints the store's own counters. */
    STATS(Unit.NONE);

    /** What a latency is of, in the words of db_bench's histogram. */
    enum Unit {
        WRITE,
        READ,
        SEEK,
        DELETE,
        COMPACT,
        NONE
    }

    private final Unit unit;

    Benchmark(Unit unit) {
        this.unit = unit;
    }

    /** What one operation of it is. */
    Unit unit() {
        return unit;
    }

    /** Whether it begins with an empty store. */
    boolean isFresh() {
        return this == FILLSEQ || this == FILLRANDOM;
    }

    /** db_bench's name. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The benchmarks of a list.
     *
     * @throws IllegalArgumentException for a name that is none
     */
    static List<Benchmark> parse(String names) {
        List<Benchmark> benchmarks = new ArrayList<>();
        for (String name : names.split(",", -1)) {
            benchmarks.add(Arrays.stream(values())
                    .filter(benchmark -> benchmark.text().equals(name.trim()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no benchmark \"" + name + "\"; there are "
                            + Arrays.stream(values()).map(Benchmark::text).collect(Collectors.joining(",")))));
        }
        return benchmarks;
    }
}
