// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After a crash at any storage call the store holds a prefix of the acknowledged writes, in order, over all column families,
 * and all of the synced and flushed ones. After an error at any storage call nothing acknowledged is lost, and nothing refused
 * is seen once the store was resumed.
 */
@Timeout(120)
class WalCrashTest {
    private static final int STEPS = 60;
    private static final int KEYS = 12;
    private static final List<String> FAMILIES = List.of("default", "second", "third");

    /** What each write made of the store, in order; what is known of how many survive. */
    private static final class Model {
        final List<Map<String, String>> states = new ArrayList<>();
        /** Index of the state that a crash must at least leave. */
        int durable;

        Model() {
            states.add(new TreeMap<>());
        }

        Map<String, String> last() {
            return states.get(states.size() - 1);
        }

        int written() {
            return states.size() - 1;
        }
    }

    @ParameterizedTest
    @Tag("A19")
    @ValueSource(longs = {1, 2})
    void shouldHoldAPrefixOfAcknowledgedWritesAfterACrashAtAnyCall(long seed) throws Exception {
        long calls = run(seed, Long.MAX_VALUE);
        assertThat(calls).isGreaterThan(200);
        for (long at = seed % 2; at < calls; at += 2) { // the odd ones with one seed, the even ones with the other
            run(seed, at);
        }
    }

    /** Runs the workload until the call {@code crashAt}, and checks what a crash leaves there; returns the calls made. */
    private static long run(long seed, long crashAt) throws Exception {
        String where = "seed " + seed + ", crash at call " + crashAt;
        MemoryStorage memory = new MemoryStorage("crash");
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        AtomicReference<@Nullable MemoryStorage> left = new AtomicReference<>();
        storage.crashAt(crashAt, () -> left.set(memory.crashClone(new Random(seed ^ crashAt))));
        Model model = new Model();
        try {
            work(storage, seed, model);
        } catch (StoreException e) {
            assertThat(left.get()).as(where + ": " + e).isNotNull();
        }
        MemoryStorage found = left.get();
        check(where, found == null ? memory.crashClone(new Random(seed)) : found, model);
        return storage.calls();
    }

    private static void work(FaultInjectingStorage storage, long seed, Model model) throws StoreException {
        Random random = new Random(seed);
        try (Store store = open(storage)) {
            List<ColumnFamilyHandle> families = store.columnFamilies();
            for (int step = 0; step < STEPS; step++) {
                int kind = random.nextInt(20);
                if (kind == 0) {
                    store.flush(FlushOptions.DEFAULT, families.get(random.nextInt(families.size())));
                } else if (kind == 1) {
                    store.syncWal();
                    model.durable = model.written();
                } else {
                    write(store, families, random, step, model);
                }
            }
        }
    }

    private static void write(Store store, List<ColumnFamilyHandle> families, Random random, int step, Model model)
            throws StoreException {
        WriteBatch batch = new WriteBatch();
        Map<String, String> next = new TreeMap<>(model.last());
        int count = random.nextInt(4) == 0 ? 5 : 1;
        for (int i = 0; i < count; i++) {
            ColumnFamilyHandle family = families.get(random.nextInt(families.size()));
            String key = "key" + random.nextInt(KEYS);
            if (random.nextInt(4) == 0) {
                batch.delete(family, key.getBytes(UTF_8));
                next.remove(family.name() + "/" + key);
            } else {
                String value = step + "." + i + "x".repeat(random.nextInt(20) == 0 ? 40_000 : random.nextInt(300));
                batch.put(family, key.getBytes(UTF_8), value.getBytes(UTF_8));
                next.put(family.name() + "/" + key, value);
            }
        }
        model.states.add(next); // where the write fails it may be there or not
        boolean sync = random.nextInt(5) == 0;
        store.write(WriteOptions.builder().sync(sync).build(), batch);
        if (sync) {
            model.durable = model.written();
        }
    }

    private static void check(String where, MemoryStorage left, Model model) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Store store = open(left)) {
            for (ColumnFamilyHandle family : store.columnFamilies()) {
                scan(store, family, found);
            }
            // And it can be written on.
            store.put("on".getBytes(UTF_8), "ward".getBytes(UTF_8));
        }
        assertThat(model.states.subList(model.durable, model.states.size()))
                .as("%s: state must be that after one of the writes %d..%d", where, model.durable, model.written())
                .contains(found);
        try (Store again = open(left)) {
            assertThat(again.get("on".getBytes(UTF_8))).as(where).isNotNull();
        }
    }

    @ParameterizedTest
    @Tag("A19")
    @ValueSource(longs = {11, 12})
    void shouldLoseNothingAcknowledgedAfterAnErrorAtAnyCall(long seed) throws Exception {
        long calls = runWithError(seed, Long.MAX_VALUE, Fault.ERROR);
        Fault[] faults = {Fault.ERROR, Fault.ERROR_AFTER, Fault.SHORT_WRITE, Fault.NO_SPACE};
        for (long at = seed % 3; at < calls; at += 3) {
            runWithError(seed, at, faults[(int) (at / 3 % faults.length)]);
        }
    }

    private static long runWithError(long seed, long failAt, Fault fault) throws Exception {
        String where = "seed " + seed + ", " + fault + " at call " + failAt;
        MemoryStorage memory = new MemoryStorage("error");
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        // a lock that was taken in spite of the error would be held for ever
        storage.plan(call -> call.index() == failAt && call.operation() != Operation.LOCK ? fault : null);
        Random random = new Random(seed);
        Model model = new Model();
        Store store = openAgain(storage);
        try {
            List<ColumnFamilyHandle> families = store.columnFamilies();
            for (int step = 0; step < STEPS; step++) {
                int before = model.states.size();
                try {
                    if (random.nextInt(15) == 0) {
                        store.flush(FlushOptions.DEFAULT, families.get(random.nextInt(families.size())));
                    } else {
                        write(store, families, random, step, model);
                    }
                } catch (StoreException refused) {
                    model.states.subList(before, model.states.size()).clear();
                    store.resume();
                }
            }
            storage.heal();
            assertThat(scanAll(store)).as(where).isEqualTo(model.last());
            try (Store killed = open(memory.killClone())) {
                assertThat(scanAll(killed)).as(where + ", killed").isEqualTo(model.last());
            }
        } catch (StoreException e) {
            throw new AssertionError(where, e);
        } finally {
            try {
                store.close();
            } catch (StoreException e) {
                assertThat(e.getMessage()).as(where).contains("injected");
            }
        }
        try (Store reopened = open(memory.killClone())) {
            assertThat(scanAll(reopened)).as(where + ", reopened").isEqualTo(model.last());
        }
        return storage.calls();
    }

    private static Store openAgain(FaultInjectingStorage storage) throws StoreException {
        try {
            return open(storage);
        } catch (StoreException e) {
            assertThat(e.getMessage()).contains("injected");
            return open(storage); // the error was only one
        }
    }

    private static Store open(io.sluice.store.storage.Storage storage) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .avoidFlushDuringShutdown(true)
                .maxTotalWalSize(300 << 10)
                .bgErrorResumeRetryInterval(Duration.ofMillis(1))
                .maxBgErrorResumeCount(1)
                .build();
        ColumnFamilyOptions small =
                ColumnFamilyOptions.builder().writeBufferSize(64 << 10).build();
        return Store.open(
                options,
                storage,
                FAMILIES.stream()
                        .map(name -> new ColumnFamilyDescriptor(name, small))
                        .toList());
    }

    private static Map<String, String> scanAll(Store store) throws StoreException {
        Map<String, String> found = new TreeMap<>();
        for (ColumnFamilyHandle family : store.columnFamilies()) {
            scan(store, family, found);
        }
        return found;
    }

    private static void scan(Store store, ColumnFamilyHandle family, Map<String, String> found) throws StoreException {
        try (StoreIterator iterator = store.newIterator(family)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                found.put(family.name() + "/" + new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
            }
        }
    }
}
