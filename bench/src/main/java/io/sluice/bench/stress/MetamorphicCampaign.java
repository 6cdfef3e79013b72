// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One history of writes under one set of options after the other: each get, scan and snapshot read on the way, and the whole
 * store at each closing and opening, must be the same. Parts of the store are flushed and compacted all the while. Used by
 * one thread.
 */
final class MetamorphicCampaign implements Campaign {
    private static final int SETS = 8;
    private static final int OPENINGS = 4;
    private static final long POOL_BYTES = 128L << 20;
    private static final int CHUNK_BYTES = 256 << 10;
    private static final int SLAB_BYTES = 4 << 20;
    private static final int HANG_SECONDS = 60;

    private final Path directory;
    private final KeySpace space;
    private final long seed;
    private final long operations;
    private final long maxHistories;
    private final Consumer<String> progress;

    private long histories;
    private long sets;
    private long writes;
    private long reads;
    private long openings;

    /**
     * A campaign.
     *
     * @param operations of a history
     * @param maxHistories after which it ends
     * @param progress takes a line now and then
     */
    MetamorphicCampaign(
            Path directory, KeySpace space, long seed, long operations, long maxHistories, Consumer<String> progress) {
        this.directory = directory;
        this.space = space;
        this.seed = seed;
        this.operations = operations;
        this.maxHistories = maxHistories;
        this.progress = progress;
    }

    @Override
    public void run(long deadlineNs) throws IOException, InterruptedException, Finding {
        try (SlabMemoryPool pool = new SlabMemoryPool(POOL_BYTES, CHUNK_BYTES, SLAB_BYTES)) {
            while (System.nanoTime() < deadlineNs && histories < maxHistories) {
                history(Values.mix(seed + histories), pool, deadlineNs);
            }
        }
    }

    private void history(long historySeed, SlabMemoryPool pool, long deadlineNs)
            throws IOException, InterruptedException, Finding {
        long @Nullable [][][] first = null;
        for (int set = 0; set < SETS && System.nanoTime() < deadlineNs; set++) {
            SplittableRandom manner = new SplittableRandom(Values.mix(historySeed ^ set));
            long[][][] last = Baseline.empty(space).states();
            Path local = directory.resolve("store");
            StoreCopy.delete(local);
            Storage storage = set % 2 == 0 ? new LocalStorage(local) : new MemoryStorage("metamorphic");
            try (storage) {
                SplittableRandom history = new SplittableRandom(historySeed);
                for (int opening = 0; opening < OPENINGS; opening++) {
                    last = part(storage, opening, history, manner, last, pool, deadlineNs);
                }
            } catch (Finding e) {
                throw new Finding(e.getMessage() + System.lineSeparator() + "history " + histories + ", set " + set);
            }
            sets++;
            if (System.nanoTime() < deadlineNs) {
                if (first != null && !Arrays.deepEquals(first, last)) {
                    throw new IllegalStateException("history " + histories + " is not one history");
                }
                first = last;
            }
        }
        histories++;
    }

    /** Opens the store, looks at all of it, goes on with the history, looks again, closes it; returns what it has. */
    private long[][][] part(
            Storage storage,
            int opening,
            SplittableRandom history,
            SplittableRandom manner,
            long[][][] before,
            SlabMemoryPool pool,
            long deadlineNs)
            throws IOException, InterruptedException, Finding {
        RoundOptions options = RoundOptions.draw(manner.split(), space, manner.nextInt(3) > 0);
        boolean fromLog = options.logUse() == RoundOptions.LogUse.LOGGED && manner.nextBoolean();
        DBOptions.Builder with = options.store().memoryPool(pool).avoidFlushDuringShutdown(fromLog);
        KeyTable table = new KeyTable(space, before);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try (Watchdog watchdog = new Watchdog(HANG_SECONDS, progress);
                Store store = Store.open(with.build(), storage, options.families())) {
            openings++;
            StoreReading.check(store, space, before);
            Load load = new Load(store, options, table, e -> failure.compareAndSet(null, e));
            load.startMaintenance(manner.split());
            try (Operations thread = operations(store, options, table, history, manner.split(), opening)) {
                long written = 0;
                while (written < operations / OPENINGS && failure.get() == null && System.nanoTime() < deadlineNs) {
                    thread.step();
                    watchdog.progress();
                    if (++written % 50_000 == 0) {
                        tell(written);
                    }
                }
                thread.finish();
                writes += written;
                reads += thread.reads();
            } finally {
                load.stop();
            }
            StoreReading.check(store, space, table.states());
            StoreFiles.check(store, storage);
        } catch (IOException | Finding e) {
            failure.compareAndSet(null, e);
        }
        Throwable found = failure.get();
        if (found != null) {
            throw new Finding(Finding.text(found) + System.lineSeparator() + "options " + options.text());
        }
        return table.states();
    }

    private Operations operations(
            Store store,
            RoundOptions options,
            KeyTable table,
            SplittableRandom history,
            SplittableRandom manner,
            int opening)
            throws Finding {
        return new Operations(
                store,
                StoreReading.families(store, space),
                options,
                table,
                history,
                manner,
                null,
                new AtomicLong(),
                (long) opening << 40);
    }

    private void tell(long more) {
        progress.accept(String.format(
                Locale.ROOT,
                "metamorphic: %,d writes in %,d histories under %,d sets of options, %,d reads",
                writes + more,
                histories + 1,
                sets + 1,
                reads));
    }

    @Override
    public Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("histories", histories);
        figures.put("option_sets", sets);
        figures.put("openings", openings);
        figures.put("writes", writes);
        figures.put("reads_verified", reads);
        return figures;
    }
}
