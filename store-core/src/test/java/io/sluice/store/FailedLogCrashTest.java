// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Call;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever happens at whichever storage call between the log's failure and the end of {@code resume()}: the machine that
 * fails leaves a prefix of the acknowledged writes over all column families, with all that were synced or flushed; the
 * process that ends leaves all that were acknowledged.
 */
@Timeout(240)
class FailedLogCrashTest {
    private static final List<String> FAMILIES = List.of("default", "second", "third");
    private static final WriteOptions SYNC = WriteOptions.builder().sync(true).build();
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();
    /** Of keys that are written without the log, which are outside of the order. */
    private static final String UNORDERED = "unlogged";

    /** How the log fails. */
    enum Failure {
        APPEND_CUT_SHORT(Operation.APPEND, Fault.SHORT_WRITE),
        FLUSHED_BUT_REPORTED_AS_FAILED(Operation.FLUSH, Fault.ERROR_AFTER),
        NOT_SYNCED(Operation.SYNC, Fault.ERROR),
        NOT_SYNCED_FOR_A_FLUSH(Operation.SYNC, Fault.ERROR);

        private final Operation operation;
        private final Fault fault;

        Failure(Operation operation, Fault fault) {
            this.operation = operation;
            this.fault = fault;
        }

        boolean meets(Call call) {
            return call.operation() == operation && call.name().endsWith(".log");
        }

        boolean isOfWrite() {
            return this != NOT_SYNCED_FOR_A_FLUSH;
        }
    }

    /** What the store held after each write, in order, and what must be left of it. */
    private static final class Model {
        final List<Map<String, String>> states = new CopyOnWriteArrayList<>(List.of(Map.of()));
        volatile int acknowledged;
        volatile int durable;

        Map<String, String> last() {
            return states.get(states.size() - 1);
        }

        void forgetFailed() {
            states.subList(acknowledged + 1, states.size()).clear();
        }
    }

    /** What a crash left, and what it may be. */
    private record Left(String where, MemoryStorage storage, List<Map<String, String>> allowed) {
        static List<Left> of(String where, MemoryStorage memory, Model model, long seed) {
            List<Map<String, String>> states = List.copyOf(model.states);
            List<Map<String, String>> prefixes = states.subList(model.durable, states.size());
            List<Map<String, String>> whole = states.subList(model.acknowledged, states.size());
            return List.of(
                    seed % 2 == 0
                            ? new Left(where + ", power", memory.crashClone(), prefixes)
                            : new Left(where + ", power, some bytes", memory.crashClone(new Random(seed)), prefixes),
                    new Left(where + ", killed", memory.killClone(), whole));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHoldAPrefixAfterACrashAtAnyCallFromTheLogsFailureOn(Failure failure) throws Exception {
        long calls = run(failure, Long.MAX_VALUE, null);
        assertThat(calls).isGreaterThan(40);
        for (long at = 0; at < calls; at++) {
            run(failure, at, null);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHoldAPrefixAndGoOnAfterAnotherErrorAtAnyCallFromTheLogsFailureOn(Failure failure) throws Exception {
        Fault[] faults = {Fault.ERROR, Fault.ERROR_AFTER, Fault.SHORT_WRITE, Fault.NO_SPACE};
        long calls = run(failure, Long.MAX_VALUE, Fault.ERROR);
        int step = faults.length - 1; // with the failures taken together, each call comes
        for (long at = List.of(Failure.values()).indexOf(failure) % step; at < calls; at += step) {
            run(failure, at, faults[(int) (at % faults.length)]);
        }
    }

    /**
     * Fails the log, and resumes.
     *
     * @param at the call, counted from just before the failure, where the store crashes, or another error follows
     * @param another that error, or null for the crash
     * @return how many calls there were
     */
    private static long run(Failure failure, long at, @Nullable Fault another) throws Exception {
        String where = failure + ", " + (another == null ? "crash" : another) + " at call " + at;
        MemoryStorage memory = new MemoryStorage("failed");
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        Model model = new Model();
        List<Left> left = new CopyOnWriteArrayList<>();
        long calls = 0;
        Store store = open(storage);
        try {
            List<ColumnFamilyHandle> families = store.columnFamilies();
            fill(store, families, model);
            long start = storage.calls();
            AtomicBoolean failed = new AtomicBoolean();
            storage.plan(call -> {
                if (failure.meets(call) && failed.compareAndSet(false, true)) {
                    return failure.fault;
                }
                return another != null && call.index() == start + at ? another : null;
            });
            if (another == null && at != Long.MAX_VALUE) {
                storage.crashAt(start + at, () -> left.addAll(Left.of(where, memory, model, at)));
            }
            fail(store, families, failure, model);
            if (at == Long.MAX_VALUE) {
                left.addAll(Left.of(where + ", failed", memory, model, at));
            }
            resume(store, where, another != null, model, memory, storage, left);
            calls = storage.calls() - start;
            if (another != null) { // which may have come first: then the log fails while a flush is tried again
                flushAndResume(store, where, storage);
            }
            write(store, SYNC, model, families.get(1), "last", "v");
            model.durable = model.acknowledged;
            if (another != null) {
                left.addAll(Left.of(where + ", resumed", memory, model, at));
            }
            assertThat(scan(store)).as(where).isEqualTo(model.last());
            assertThat(store.get(families.get(2), UNORDERED.getBytes(UTF_8)))
                    .as(where)
                    .isNotNull();
        } catch (StoreException e) {
            assertThat(e.getMessage()).as(where).contains("injected");
            assertThat(left).as(where + ": " + e).isNotEmpty(); // it was the crash
        } finally {
            close(store, where);
        }
        for (Left each : left) {
            check(each, at % 8 == 0);
        }
        return calls;
    }

    /** Leaves memtables of all ages and logs: flushed, sealed, and active ones; a dropped column family too. */
    private static void fill(Store store, List<ColumnFamilyHandle> families, Model model) throws StoreException {
        ColumnFamilyHandle dropped = store.createColumnFamily(new ColumnFamilyDescriptor("dropped"));
        write(store, WriteOptions.DEFAULT, model, families.get(0), "a", "1");
        write(store, SYNC, model, families.get(1), "a", "1");
        model.durable = model.acknowledged;
        store.put(dropped, "a".getBytes(UTF_8), "1".getBytes(UTF_8));
        write(store, WriteOptions.DEFAULT, model, families.get(2), "a", "1");
        store.flush(FlushOptions.DEFAULT, families.get(0));
        model.durable = model.acknowledged;
        store.dropColumnFamily(dropped);
        write(store, WriteOptions.DEFAULT, model, families.get(1), "b", "2");
        store.put(families.get(2), UNLOGGED, UNORDERED.getBytes(UTF_8), "u".getBytes(UTF_8));
        write(store, WriteOptions.DEFAULT, model, families.get(0), "a", "3");
        write(store, WriteOptions.DEFAULT, model, families.get(2), "c", "4");
    }

    private static void fail(Store store, List<ColumnFamilyHandle> families, Failure failure, Model model)
            throws StoreException {
        if (failure.isOfWrite()) {
            boolean sync = failure.operation == Operation.SYNC;
            assertThatThrownBy(
                            () -> write(store, sync ? SYNC : WriteOptions.DEFAULT, model, families.get(1), "torn", "x"))
                    .isInstanceOf(StoreException.class);
        } else {
            assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT, families.get(2)))
                    .isInstanceOf(StoreException.class);
        }
    }

    /** Resumes; where an error may follow, once more. */
    private static void resume(
            Store store,
            String where,
            boolean again,
            Model model,
            MemoryStorage memory,
            FaultInjectingStorage storage,
            List<Left> left)
            throws StoreException {
        try {
            store.resume();
        } catch (StoreException e) {
            if (!again) {
                throw e;
            }
            assertThat(e.getMessage()).as(where).contains("injected");
            left.addAll(Left.of(where + ", not resumed", memory, model, storage.calls()));
            store.resume();
        }
        model.forgetFailed();
        model.durable = model.acknowledged;
    }

    /** Flushes, in which the log may fail; even where all flushes are installed, writes wait for a resume then. */
    private static void flushAndResume(Store store, String where, FaultInjectingStorage storage) throws StoreException {
        try {
            store.flush(FlushOptions.DEFAULT);
        } catch (StoreException e) {
            assertThat(e.getMessage()).as(where).contains("injected");
        }
        storage.heal();
        store.resume();
    }

    private static void write(
            Store store, WriteOptions options, Model model, ColumnFamilyHandle family, String key, String value)
            throws StoreException {
        Map<String, String> next = new TreeMap<>(model.last());
        next.put(family.name() + "/" + key, value);
        model.states.add(next);
        store.put(family, options, key.getBytes(UTF_8), value.getBytes(UTF_8));
        model.acknowledged = model.states.size() - 1;
    }

    private static void close(Store store, String where) {
        try {
            store.close();
        } catch (IOException e) {
            assertThat(e.getMessage()).as(where).contains("injected");
        }
    }

    private static void check(Left left, boolean writesOn) throws StoreException {
        try (Store store = open(left.storage())) {
            assertThat(left.allowed()).as(left.where()).contains(scan(store));
            if (!writesOn) {
                return;
            }
            store.put("on".getBytes(UTF_8), "ward".getBytes(UTF_8));
        }
        try (Store again = open(left.storage())) {
            assertThat(again.get("on".getBytes(UTF_8))).as(left.where()).isNotNull();
        }
    }

    private static Map<String, String> scan(Store store) throws StoreException {
        Map<String, String> found = new TreeMap<>();
        for (ColumnFamilyHandle family : store.columnFamilies()) {
            try (StoreIterator iterator = store.newIterator(family)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    String key = new String(iterator.key(), UTF_8);
                    if (!key.equals(UNORDERED)) {
                        found.put(family.name() + "/" + key, new String(iterator.value(), UTF_8));
                    }
                }
            }
        }
        return found;
    }

    private static Store open(Storage storage) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .avoidFlushDuringShutdown(true)
                .bgErrorResumeRetryInterval(Duration.ofMillis(1))
                .maxBgErrorResumeCount(0)
                .build();
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        FAMILIES.forEach(name -> families.add(new ColumnFamilyDescriptor(name)));
        return Store.open(options, storage, families);
    }
}
