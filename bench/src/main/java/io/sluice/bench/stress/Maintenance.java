// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.CompactRangeOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.WaitForCompactOptions;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.BottommostLevelCompaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What changes files and options, and nothing that a reader may notice: flushes, compactions of parts, options, pauses. Used
 * by one thread, beside those that write.
 */
final class Maintenance {
    private static final List<BottommostLevelCompaction> BOTTOMMOST = List.of(BottommostLevelCompaction.values());
    private static final int MAX_LEVEL = 7;
    private static final Pattern OF_WORKERS = Pattern.compile("compaction[.](remote|worker)[.].*");

    private final Store store;
    private final List<ColumnFamilyHandle> families;
    private final KeySpace space;
    private final RandomGenerator random;
    private final @Nullable Journal journal;
    private final AtomicLong clock;

    /**
     * Of one store.
     *
     * @param journal told of flushes, since they make unlogged writes durable
     */
    Maintenance(
            Store store,
            List<ColumnFamilyHandle> families,
            KeySpace space,
            RandomGenerator random,
            @Nullable Journal journal,
            AtomicLong clock) {
        this.store = store;
        this.families = families;
        this.space = space;
        this.random = random;
        this.journal = journal;
        this.clock = clock;
    }

    /** Does one thing. */
    void step() throws StoreException {
        int number = random.nextInt(families.size());
        ColumnFamilyHandle family = families.get(number);
        try {
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3, 4 -> compactRange(family);
                case 5 -> compactFiles(family);
                case 6 -> store.setOptions(family, changedOptions());
                case 7 -> pause();
                case 8 -> await();
                case 9 -> flushLog();
                case 10, 11, 12, 13 -> flush(number);
                // more files of L0 than compactions take at once
                default ->
                    store.flush(FlushOptions.builder().waitForFlush(false).build(), family);
            }
        } catch (StoreException e) {
            if (!isRefusal(e)) {
                throw e;
            }
        }
    }

    /**
     * Refused as documented: files that another compaction has or had, a level that they don't fit on, a deadline, no
     * worker that lives long enough.
     */
    private static boolean isRefusal(StoreException e) {
        return e.kind() == Kind.BUSY
                || OF_WORKERS.matcher(e.code()).matches()
                || e.kind() == Kind.TIMED_OUT
                || e.code().equals("compaction.refit")
                || e.code().equals("compaction.files")
                || e.code().equals("compaction.level");
    }

    private void flush(int number) throws StoreException {
        tell(Journal.Kind.FLUSH, number, () -> store.flush(FlushOptions.DEFAULT, families.get(number)));
    }

    private void flushLog() throws StoreException {
        boolean sync = random.nextBoolean();
        tell(Journal.Kind.LOG_FLUSH, 0, () -> store.flushWal(sync));
    }

    private void tell(Journal.Kind kind, int family, Call call) throws StoreException {
        if (journal == null || journal.isFull()) {
            call.run();
            return;
        }
        journal.begin(clock.incrementAndGet(), kind, Journal.family(family));
        call.run();
        journal.end(clock.incrementAndGet());
    }

    @FunctionalInterface
    private interface Call {
        void run() throws StoreException;
    }

    private void compactRange(ColumnFamilyHandle family) throws StoreException {
        int a = random.nextInt(space.keys());
        int b = Math.min(space.keys() - 1, a + random.nextInt(random.nextBoolean() ? 20 : space.keys()));
        boolean refit = random.nextInt(10) == 0;
        store.compactRange(
                family,
                CompactRangeOptions.builder()
                        .exclusiveManualCompaction(random.nextInt(5) == 0)
                        .bottommostLevelCompaction(BOTTOMMOST.get(random.nextInt(BOTTOMMOST.size())))
                        .maxSubcompactions(random.nextInt(4))
                        .changeLevel(refit)
                        .targetLevel(refit ? random.nextInt(MAX_LEVEL) - 1 : -1)
                        .build(),
                random.nextInt(5) == 0 ? null : space.key(a),
                random.nextInt(5) == 0 ? null : space.key(b));
    }

    private void compactFiles(ColumnFamilyHandle family) throws StoreException {
        List<String> names = new ArrayList<>(store.propertiesOfAllTables(family).keySet());
        if (!names.isEmpty()) {
            List<String> some = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                some.add(names.get(random.nextInt(names.size())));
            }
            store.compactFiles(family, some, 1 + random.nextInt(MAX_LEVEL - 1));
        }
    }

    private Map<String, String> changedOptions() {
        return switch (random.nextInt(5)) {
            case 0 -> Map.of("level0_file_num_compaction_trigger", String.valueOf(1 + random.nextInt(6)));
            case 1 -> Map.of("max_bytes_for_level_base", String.valueOf(4096L << random.nextInt(7)));
            case 2 -> Map.of("target_file_size_base", String.valueOf(2048L << random.nextInt(6)));
            case 3 -> Map.of("write_buffer_size", String.valueOf(65536L << random.nextInt(4)));
            default -> Map.of("disable_auto_compactions", String.valueOf(random.nextInt(4) == 0));
        };
    }

    private void pause() throws StoreException {
        store.pauseBackgroundWork();
        store.continueBackgroundWork();
    }

    private void await() throws StoreException {
        store.waitForCompact(WaitForCompactOptions.builder()
                .flush(random.nextBoolean())
                .timeout(Duration.ofMillis(100))
                .build());
    }
}
