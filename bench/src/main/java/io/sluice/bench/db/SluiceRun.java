// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.cli.role.GeneratorLink;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A run of ours, which also tells who built the SSTs. */
final class SluiceRun {
    private final DbBenchFlags flags;
    private final long seed;
    private final Path directory;
    private final @Nullable GeneratorLink link;
    private final Map<String, Long> flushesByBuilder = new TreeMap<>();

    SluiceRun(DbBenchFlags flags, long seed, Path directory, @Nullable GeneratorLink link) {
        this.flags = flags;
        this.seed = seed;
        this.directory = directory;
        this.link = link;
    }

    List<Report> run(Consumer<Report> reports, Consumer<String> stats) throws Exception {
        return new InProcessRun(flags, seed)
                .run(
                        fresh -> SluiceDb.open(
                                flags,
                                directory,
                                fresh,
                                link,
                                flushes ->
                                        flushes.forEach((who, count) -> flushesByBuilder.merge(who, count, Long::sum))),
                        reports,
                        stats);
    }

    /** Flushes until the stores were closed, by who built the SST. */
    Map<String, Long> flushesByBuilder() {
        return flushesByBuilder;
    }
}
