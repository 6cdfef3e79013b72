// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.FlushOptions;
import io.sluice.store.ReadOptions;
import io.sluice.store.Snapshot;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.WriteBatch;
import io.sluice.store.WriteOptions;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One thread's random writes and reads. Each read is held against what the keys must have; each write stands in the journal
 * before it is made. What is written to which key depends on {@code history} and the keys' state alone, how that is done and
 * read on {@code manner}: so one thread with the same history writes the same to stores of any options.
 */
final class Operations implements AutoCloseable {
    private static final int MAX_OPERANDS = 12;
    private static final int MAX_HELD = 4;
    private static final int LONGEST_DELETION = 40;
    private static final int LONGEST_SCAN = 150;
    private static final int WRITES_OF_A_WINDOW = 100;

    private final Store store;
    private final List<ColumnFamilyHandle> families;
    private final RoundOptions options;
    private final KeyTable table;
    private final KeySpace space;
    private final RandomGenerator history;
    private final RandomGenerator manner;
    private final @Nullable Journal journal;
    private final AtomicLong clock;
    /** Room for the longest value: so many operands, and one more. */
    private final ByteBuffer value = ByteBuffer.allocate((MAX_OPERANDS + 1) * (Values.MAX_LENGTH + 1));

    private final Deque<Held> held = new ArrayDeque<>();
    /** Most writes of a while go to the keys from here to below {@link #windowTo}, so that files cover parts of the keys. */
    private int windowFrom;

    private int windowTo;
    private long nextId;
    private long reads;

    /**
     * Of one thread.
     *
     * @param journal told of each write, or null where nobody asks
     * @param firstId ids from here on are this thread's
     */
    Operations(
            Store store,
            List<ColumnFamilyHandle> families,
            RoundOptions options,
            KeyTable table,
            RandomGenerator history,
            RandomGenerator manner,
            @Nullable Journal journal,
            AtomicLong clock,
            long firstId) {
        this.store = store;
        this.families = families;
        this.options = options;
        this.table = table;
        this.space = table.space();
        this.history = history;
        this.manner = manner;
        this.journal = journal;
        this.clock = clock;
        this.nextId = firstId;
        this.windowTo = space.keys();
    }

    /** Gets and scans that were found right. */
    long reads() {
        return reads;
    }

    /** Whether there is no room for what it would write. */
    boolean isFull() {
        return journal != null && journal.isFull();
    }

    /** One write and now and then a read. */
    void step() throws StoreException, Finding {
        int count = history.nextInt(10) == 0 ? 2 + history.nextInt(8) : 1;
        write(count);
        int kind = manner.nextInt(100);
        if (kind < 25) {
            get();
        } else if (kind < 27) {
            multiGet();
        } else if (kind < 31) {
            scan();
        } else if (kind < 32 && options.withPrefixes()) {
            scanPrefix();
        } else if (kind < 34) {
            hold();
        } else if (kind < 36 && !held.isEmpty()) {
            checkHeld();
        }
    }

    /** Looks at what is held for the last time. */
    void finish() throws StoreException, Finding {
        while (!held.isEmpty()) {
            checkHeld();
            held.removeFirst().close();
        }
    }

    @Override
    public void close() {
        held.forEach(Held::close);
        held.clear();
    }

    private void write(int count) throws StoreException {
        if (history.nextInt(WRITES_OF_A_WINDOW) == 0) {
            moveWindow();
        }
        List<Draft> drafts = new ArrayList<>();
        boolean once = windowTo > space.firstOnce() && (windowFrom >= space.firstOnce() || history.nextInt(8) == 0);
        for (int i = 0; i < count; i++) {
            drafts.add(draft(once));
        }
        try (KeyTable.Locked locks = table.locks()) {
            drafts.forEach(draft -> locks.with(draft.family(), draft.key(), draft.endKey()));
            locks.lock();
            List<Change> changes = new ArrayList<>();
            for (Draft draft : drafts) {
                if (once && changes.stream().anyMatch(c -> c.family() == draft.family() && c.touches(draft.key()))) {
                    continue;
                }
                changes.add(draft.toChange(operands(draft, changes), nextId++));
            }
            if (make(kind(once), changes)) {
                changes.forEach(table::apply);
            }
        }
    }

    /** Operands and value that a key has, with those of the changes before. */
    private int operands(Draft draft, List<Change> before) {
        long[] state = table.get(draft.family(), draft.key());
        for (Change change : before) {
            if (change.family() == draft.family() && change.touches(draft.key())) {
                state = change.apply(state);
            }
        }
        return state.length;
    }

    /**
     * A change before it is known what its key has.
     *
     * @param draw what it is to be, 0 to 99
     */
    private record Draft(int family, int key, int endKey, boolean once, int draw) {
        Change toChange(int operands, long id) {
            byte type;
            if (once) {
                type = operands == 0 ? ValueType.VALUE : ValueType.SINGLE_DELETION;
            } else if (endKey > key + 1) {
                type = ValueType.RANGE_DELETION;
            } else if (draw < 45 || (draw < 75 && operands >= MAX_OPERANDS)) {
                type = ValueType.VALUE;
            } else {
                type = draw < 75 ? ValueType.MERGE : ValueType.DELETION;
            }
            return new Change(type, family, key, endKey, id);
        }
    }

    private Draft draft(boolean once) {
        int family = history.nextInt(space.families());
        int draw = history.nextInt(100);
        if (once) {
            int from = Math.max(windowFrom, space.firstOnce());
            int key = from + history.nextInt(windowTo - from);
            return new Draft(family, key, key + 1, true, draw);
        }
        // half of all writes go to a tenth of the keys
        int to = Math.min(windowTo, space.firstOnce());
        int spread = to - windowFrom;
        int key = windowFrom + history.nextInt(history.nextBoolean() ? spread : Math.max(1, spread / 10));
        boolean range = history.nextInt(60) == 0;
        int length = range ? 2 + history.nextInt(LONGEST_DELETION) : 1;
        return new Draft(family, key, Math.min(to, key + length), false, draw);
    }

    private void moveWindow() throws StoreException {
        if (manner.nextBoolean()) {
            // so that a file has the keys of one window
            store.flush(FlushOptions.builder().waitForFlush(false).build());
        }
        boolean whole = history.nextInt(4) == 0;
        windowFrom = whole ? 0 : history.nextInt(space.keys());
        windowTo = whole ? space.keys() : Math.min(space.keys(), windowFrom + 1 + history.nextInt(space.keys() / 5));
    }

    private Journal.Kind kind(boolean once) {
        int draw = manner.nextInt(100);
        return switch (options.logUse()) {
            case UNLOGGED -> Journal.Kind.UNLOGGED;
            case MIXED -> draw < 50 && !once ? Journal.Kind.UNLOGGED : Journal.Kind.LOGGED;
            case LOGGED -> draw < 2 ? Journal.Kind.SYNCED : Journal.Kind.LOGGED;
        };
    }

    /** Makes a write; false where it was refused. */
    private boolean make(Journal.Kind kind, List<Change> changes) throws StoreException {
        boolean mayBeRefused = journal != null && manner.nextInt(30) == 0;
        WriteOptions how = WriteOptions.builder()
                .disableWal(kind == Journal.Kind.UNLOGGED)
                .sync(kind == Journal.Kind.SYNCED)
                .noSlowdown(mayBeRefused)
                .build();
        if (journal != null) {
            journal.begin(clock.incrementAndGet(), kind, changes);
        }
        try {
            if (changes.size() == 1 && manner.nextInt(4) != 0) {
                writeOne(how, changes.get(0));
            } else {
                WriteBatch batch = new WriteBatch();
                changes.forEach(change -> add(batch, change));
                store.write(how, batch);
            }
        } catch (StoreException e) {
            if (journal != null && mayBeRefused && e.kind() == StoreException.Kind.BUSY) {
                journal.refused();
                return false;
            }
            throw e;
        }
        if (journal != null) {
            journal.end(clock.incrementAndGet());
        }
        return true;
    }

    private void writeOne(WriteOptions how, Change change) throws StoreException {
        ColumnFamilyHandle family = families.get(change.family());
        byte[] key = space.key(change.key());
        switch (change.type()) {
            case ValueType.VALUE -> store.put(family, how, key, Values.of(change.id()));
            case ValueType.MERGE -> store.merge(family, how, key, Values.of(change.id()));
            case ValueType.DELETION -> store.delete(family, how, key);
            case ValueType.SINGLE_DELETION -> store.singleDelete(family, how, key);
            default -> store.deleteRange(family, how, key, space.key(change.end()));
        }
    }

    private void add(WriteBatch batch, Change change) {
        ColumnFamilyHandle family = families.get(change.family());
        byte[] key = space.key(change.key());
        switch (change.type()) {
            case ValueType.VALUE -> batch.put(family, key, Values.of(change.id()));
            case ValueType.MERGE -> batch.merge(family, key, Values.of(change.id()));
            case ValueType.DELETION -> batch.delete(family, key);
            case ValueType.SINGLE_DELETION -> batch.singleDelete(family, key);
            default -> batch.deleteRange(family, key, space.key(change.end()));
        }
    }

    private void get() throws StoreException, Finding {
        int family = manner.nextInt(space.families());
        int key = manner.nextInt(space.keys());
        try (KeyTable.Locked locks = table.locks().with(family, key, key + 1).lock()) {
            Range range = range(family, key, key + 1);
            if (manner.nextBoolean()) {
                range.checkGet(key, store.get(families.get(family), space.key(key)));
            } else {
                int length = store.get(families.get(family), ByteBuffer.wrap(space.key(key)), value.clear());
                range.checkGet(key, length == Store.NOT_FOUND ? null : bytes(length));
            }
        }
        count(1, 0, 0);
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        value.get(0, bytes);
        return bytes;
    }

    private void multiGet() throws StoreException, Finding {
        int family = manner.nextInt(space.families());
        int from = manner.nextInt(space.keys());
        int to = Math.min(space.keys(), from + 1 + manner.nextInt(40));
        try (KeyTable.Locked locks = table.locks().with(family, from, to).lock()) {
            List<byte[]> keys = new ArrayList<>();
            for (int key = from; key < to; key++) {
                keys.add(space.key(key));
            }
            List<byte @Nullable []> values = store.multiGet(families.get(family), ReadOptions.DEFAULT, keys);
            Range range = range(family, from, to);
            for (int key = from; key < to; key++) {
                range.checkGet(key, values.get(key - from));
            }
        }
        count(to - from, 0, 0);
    }

    /** Opens an iterator while nobody writes to its keys, and walks while everybody does. */
    private void scan() throws StoreException, Finding {
        try (Held.View view = view(LONGEST_SCAN)) {
            count(0, 1, view.check(manner));
        }
    }

    private Held.View view(int longest) throws StoreException {
        int family = manner.nextInt(space.families());
        int from = manner.nextInt(space.keys());
        int to = Math.min(space.keys(), from + 1 + manner.nextInt(longest));
        ReadOptions.Builder how = ReadOptions.builder().fillCache(manner.nextBoolean());
        if (manner.nextBoolean()) {
            how.iterateLowerBound(space.key(from));
        }
        if (to < space.keys() && manner.nextBoolean()) {
            how.iterateUpperBound(space.key(to));
        }
        try (KeyTable.Locked locks = table.locks().with(family, from, to).lock()) {
            return new Held.View(store.newIterator(families.get(family), how.build()), range(family, from, to));
        }
    }

    private void scanPrefix() throws StoreException, Finding {
        int family = manner.nextInt(space.families());
        int from = manner.nextInt(space.keys());
        int to = Math.min(space.keys(), from - from % KeySpace.KEYS_OF_A_PREFIX + KeySpace.KEYS_OF_A_PREFIX);
        ReadOptions how = ReadOptions.builder().prefixSameAsStart(true).build();
        int entries;
        try (KeyTable.Locked locks = table.locks().with(family, from, to).lock();
                StoreIterator iterator = store.newIterator(families.get(family), how)) {
            entries = range(family, from, to).forward(iterator, to);
            if (iterator.isValid()) {
                throw new Finding("an iterator with prefix_same_as_start goes on behind the prefix of key " + from);
            }
        }
        count(0, 1, entries);
    }

    private void hold() throws StoreException {
        if (held.size() >= MAX_HELD) {
            held.removeFirst().close();
        }
        if (manner.nextBoolean()) {
            held.add(view(space.keys()));
            return;
        }
        int from = manner.nextInt(space.keys());
        int to = Math.min(space.keys(), from + 1 + manner.nextInt(LONGEST_SCAN));
        KeyTable.Locked needed = table.locks();
        for (int family = 0; family < space.families(); family++) {
            needed.with(family, from, to);
        }
        try (KeyTable.Locked locks = needed.lock()) {
            List<Range> ranges = new ArrayList<>();
            for (int family = 0; family < space.families(); family++) {
                ranges.add(range(family, from, to));
            }
            Snapshot snapshot = store.snapshot();
            held.add(new Held.Moment(store, families, snapshot, ranges));
        }
    }

    private void checkHeld() throws StoreException, Finding {
        count(0, 1, held.getFirst().check(manner));
        held.addLast(held.removeFirst());
    }

    private Range range(int family, int from, int to) {
        return new Range(space, family, from, table.copy(family, from, to));
    }

    private void count(int gets, int scans, int entries) {
        reads += gets + scans;
        if (journal != null) {
            journal.count(gets, scans, entries);
        }
    }
}
