// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.Ticker;
import io.sluice.store.base.ValueType;
import io.sluice.store.flush.FlushReason;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memtable.EntryReserve;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.write.Batch;
import io.sluice.store.write.BatchCursor;
import io.sluice.store.write.Durability;
import io.sluice.store.write.Sequencer;
import io.sluice.store.write.StallCause;
import io.sluice.store.write.WriteRate;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;

/**
 * The way of a write, which takes no lock and allocates nothing unless it must wait:
 *
 * <ol>
 *   <li>wait by the stall rules; seal a memtable that is full
 *   <li>enter the active memtable of each column family touched
 *   <li>allocate and fill the nodes of all entries
 *   <li>take the sequence numbers; with a log, join the commit group, whose leader takes them and appends the batch
 *   <li>link the nodes
 *   <li>publish the numbers, in order: now the write is visible, whole
 *   <li>leave the memtables
 * </ol>
 *
 * Between entering and leaving it waits for nothing but the log's append, and the publishing of writers ahead of it, who
 * wait for nothing else: so sealing, which waits for those inside, ends soon. Nothing behind the log can fail; where the log
 * fails, the numbers are published without entries. Where memory is short, or a memtable was sealed meanwhile, it leaves
 * them all first, waits outside, and begins anew. What a batch had allocated by then is lost until its memtable's end; so
 * one that needs more than a chunk takes all its memory before it enters again. Safe for concurrent use.
 */
final class WritePath {
    /** An upper bound of an entry's overhead in a memtable. */
    private static final int ENTRY_OVERHEAD = 128;

    private static final long NO_TICKET = -1;

    private final ColumnFamilies families;
    private final Sequencer sequencer;
    private final WriteLog log;
    private final MemoryPool pool;
    private final MemoryWait memory;
    private final WriteRate rate;
    private final Health health;
    private final EngineStatistics statistics;
    private final LongSupplier nanoClock;
    private final Consumer<ColumnFamily> flushScheduler;
    private final MemtableTimer timer;
    private final Runnable memoryReliever;
    private final MemoryGathering gathering;
    private final ThreadLocal<WriteContext> contexts = ThreadLocal.withInitial(WriteContext::new);

    /**
     * The write path of one store.
     *
     * @param flushScheduler is told of a column family that has a new sealed memtable; returns at once
     * @param timer is told of writes
     * @param memoryReliever is told that memory is used up: seals and flushes something; returns at once
     */
    WritePath(
            ColumnFamilies families,
            Sequencer sequencer,
            WriteLog log,
            MemoryPool pool,
            MemoryWait memory,
            WriteRate rate,
            Health health,
            EngineStatistics statistics,
            LongSupplier nanoClock,
            Consumer<ColumnFamily> flushScheduler,
            MemtableTimer timer,
            Runnable memoryReliever) {
        this.families = families;
        this.sequencer = sequencer;
        this.log = log;
        this.pool = pool;
        this.memory = memory;
        this.rate = rate;
        this.health = health;
        this.statistics = statistics;
        this.nanoClock = nanoClock;
        this.flushScheduler = flushScheduler;
        this.timer = timer;
        this.memoryReliever = memoryReliever;
        this.gathering = new MemoryGathering(pool, memory, memoryReliever);
    }

    /** This thread's batch for a write of its own, empty. */
    Batch singleBatch() {
        return contexts.get().singleBatch();
    }

    /**
     * Writes a batch.
     *
     * @param noSlowdown whether to fail with {@code BUSY} rather than wait
     */
    void write(Batch batch, Durability durability, boolean noSlowdown) throws StoreException {
        health.checkWritable();
        if (batch.count() == 0) {
            return;
        }
        checkSize(batch);
        WriteContext context = contexts.get();
        try {
            write(batch, durability, noSlowdown, context);
        } finally {
            context.clear();
        }
    }

    private void write(Batch batch, Durability durability, boolean noSlowdown, WriteContext context)
            throws StoreException {
        resolve(batch, context);
        long ticket = NO_TICKET;
        long delayed = 0;
        for (; ; ) {
            delayed = awaitTurn(context, batch, noSlowdown, delayed);
            if (durability != Durability.UNLOGGED && log.isFull()) {
                awaitLog(noSlowdown);
            }
            if (!enter(context)) {
                health.checkWritable(); // a store that has closed since has no memtable to enter any more
                continue;
            }
            try {
                if (allocate(batch, context)) {
                    if (durability == Durability.UNLOGGED) {
                        publish(context, sequencer.take(batch.count()), batch.count());
                    } else {
                        logAndPublish(context, batch, durability == Durability.SYNCED);
                    }
                    for (int i = 0; i < context.familyCount(); i++) {
                        timer.wrote(context.family(i), context.memtable(i));
                    }
                    statistics.keysWritten.add(batch.count());
                    statistics.bytesWritten.add(batch.dataLength());
                    return;
                }
            } finally {
                context.exitAll();
            }
            if (!gather(batch, noSlowdown, context)) {
                ticket = awaitMemory(ticket, noSlowdown);
            }
        }
    }

    private void publish(WriteContext context, long sequence, int count) {
        try {
            context.link(sequence);
        } finally {
            sequencer.publish(sequence, count);
        }
    }

    private void logAndPublish(WriteContext context, Batch batch, boolean sync) throws StoreException {
        LogWrite write = context.logWrite;
        write.prepare(batch, sync, false);
        try {
            log.commit(write);
        } catch (StoreException e) {
            if (write.sequence() != 0) {
                sequencer.publish(write.sequence(), batch.count());
            }
            throw e;
        }
        statistics.tickers().count(Ticker.WRITE_WITH_WAL);
        publish(context, write.sequence(), batch.count());
    }

    private void checkSize(Batch batch) throws StoreException {
        long needed = batch.dataLength() + (long) ENTRY_OVERHEAD * batch.count();
        if (batch.count() > 1 && needed > pool.capacity() / 2) {
            throw StoreException.invalid(
                    "write.batch.too-large",
                    "a batch of " + batch.count() + " entries needs " + needed
                            + " bytes of memtables at once, half of db_write_buffer_size is " + pool.capacity() / 2
                            + ": write smaller batches");
        }
    }

    private void resolve(Batch batch, WriteContext context) throws StoreException {
        BatchCursor cursor = context.cursor;
        cursor.wrap(batch);
        while (cursor.next()) {
            ColumnFamily family = families.get(cursor.columnFamily());
            context.indexOf(family);
            if (cursor.type() == ValueType.MERGE) {
                family.checkMergeable();
            } else if (cursor.type() == ValueType.RANGE_DELETION) {
                checkRange(family, cursor);
            }
        }
    }

    private static void checkRange(ColumnFamily family, BatchCursor cursor) throws StoreException {
        DirectBuffer bytes = cursor.buffer();
        int order = family.comparator()
                .compare(
                        bytes,
                        cursor.keyOffset(),
                        cursor.keyLength(),
                        bytes,
                        cursor.valueOffset(),
                        cursor.valueLength());
        if (order > 0) {
            throw StoreException.invalid(
                    "write.range",
                    "a range deletion ends below its begin: name the first key first, and the end behind it");
        }
    }

    private boolean enter(WriteContext context) {
        for (int i = 0; i < context.familyCount(); i++) {
            ColumnFamily family = context.family(i);
            Memtable active = family.active();
            if (!context.enter(active)) {
                context.exitAll();
                family.awaitSwitch(active);
                return false;
            }
        }
        return true;
    }

    /** Allocates a node for each entry; false where memory is short. */
    private boolean allocate(Batch batch, WriteContext context) throws StoreException {
        context.clearNodes();
        if (context.hasReserves()) {
            allocateFromReserves(batch, context);
            return true;
        }
        BatchCursor cursor = context.cursor;
        cursor.wrap(batch);
        while (cursor.next()) {
            int family = context.indexOf(families.get(cursor.columnFamily()));
            int node = context.memtable(family)
                    .allocate(
                            cursor.type(),
                            cursor.buffer(),
                            cursor.keyOffset(),
                            cursor.keyLength(),
                            cursor.buffer(),
                            cursor.valueOffset(),
                            cursor.valueLength());
            if (node == Memtable.NEEDS_MEMORY) {
                return false;
            }
            context.addNode(node, family);
        }
        return true;
    }

    private void allocateFromReserves(Batch batch, WriteContext context) throws StoreException {
        BatchCursor cursor = context.cursor;
        cursor.wrap(batch);
        while (cursor.next()) {
            int family = context.indexOf(families.get(cursor.columnFamily()));
            int node = context.memtable(family)
                    .allocate(
                            context.reserve(family),
                            cursor.type(),
                            cursor.buffer(),
                            cursor.keyOffset(),
                            cursor.keyLength(),
                            cursor.buffer(),
                            cursor.valueOffset(),
                            cursor.valueLength());
            context.addNode(node, family);
        }
        for (int i = 0; i < context.familyCount(); i++) {
            context.reserve(i).share();
        }
    }

    /** Seals full memtables, and waits by the rules; {@code delayed} is how long this write has waited for its rate. */
    private long awaitTurn(WriteContext context, Batch batch, boolean noSlowdown, long delayed) throws StoreException {
        long waited = delayed;
        for (int i = 0; i < context.familyCount(); i++) {
            ColumnFamily family = context.family(i);
            Memtable active = family.active();
            if (family.settings().isFull(active)) {
                family.switchMemtable(active, FlushReason.WRITE_BUFFER_FULL);
                flushScheduler.accept(family);
            }
            WritePressure pressure = family.pressure();
            StallCause cause = pressure.cause();
            if (cause != null && pressure.isStopped()) {
                stop(family, cause, noSlowdown);
            } else if (cause != null && waited == 0) {
                waited = delay(family, cause, batch.dataLength(), noSlowdown);
            }
            if (family.isDropped()) {
                families.get(family.id()); // tells so
            }
        }
        return waited;
    }

    private void stop(ColumnFamily family, StallCause cause, boolean noSlowdown) throws StoreException {
        refuse(noSlowdown, cause);
        long start = nanoClock.getAsLong();
        flushScheduler.accept(family);
        try {
            if (!family.awaitRoom(Long.MAX_VALUE)) {
                throw new AssertionError("292 years passed");
            }
        } finally {
            statistics.stalled(cause, nanoClock.getAsLong() - start);
        }
        health.checkWritable();
    }

    private long delay(ColumnFamily family, StallCause cause, long bytes, boolean noSlowdown) throws StoreException {
        refuse(noSlowdown, cause);
        long start = nanoClock.getAsLong();
        long turn = rate.reserve(bytes, start);
        if (turn == 0) {
            return 1; // its turn is now: at least not to be taken again
        }
        try {
            family.awaitDelay(turn);
        } finally {
            statistics.stalled(cause, nanoClock.getAsLong() - start);
        }
        health.checkWritable();
        return turn;
    }

    /** Takes the memory of a batch that needs more than a chunk, and waits for it; false where it needs no more. */
    private boolean gather(Batch batch, boolean noSlowdown, WriteContext context) throws StoreException {
        if (batch.count() == 1) {
            return false;
        }
        List<EntryReserve> reserves = context.newReserves(pool);
        BatchCursor cursor = context.cursor;
        cursor.wrap(batch);
        while (cursor.next()) {
            int family = context.indexOf(families.get(cursor.columnFamily()));
            context.reserve(family).add(cursor.keyLength(), cursor.valueLength());
        }
        long length = gathering.checkedLength(reserves);
        if (length <= pool.chunkLength()) {
            context.dropReserves();
            return false;
        }
        refuseWithoutMemory(noSlowdown);
        long start = nanoClock.getAsLong();
        try {
            gathering.run(reserves);
        } finally {
            statistics.stalled(StallCause.MEMORY_LIMIT, nanoClock.getAsLong() - start);
        }
        return true;
    }

    /** Draws a ticket at the first call for a write, waits for news on it from the second on. */
    private long awaitMemory(long ticket, boolean noSlowdown) throws StoreException {
        refuseWithoutMemory(noSlowdown);
        if (ticket != NO_TICKET) {
            long start = nanoClock.getAsLong();
            try {
                memory.await(ticket, memoryReliever);
            } finally {
                statistics.stalled(StallCause.MEMORY_LIMIT, nanoClock.getAsLong() - start);
            }
            health.checkWritable();
        }
        return memory.register();
    }

    private void refuseWithoutMemory(boolean noSlowdown) throws StoreException {
        if (noSlowdown) {
            memoryReliever.run(); // else nothing would change for a program all of whose writes may not wait
        }
        refuse(noSlowdown, StallCause.MEMORY_LIMIT);
    }

    private void awaitLog(boolean noSlowdown) throws StoreException {
        refuse(noSlowdown, StallCause.WAL_LIMIT);
        long start = nanoClock.getAsLong();
        try {
            log.awaitRoom(health);
        } finally {
            statistics.stalled(StallCause.WAL_LIMIT, nanoClock.getAsLong() - start);
        }
        health.checkWritable();
    }

    private static void refuse(boolean noSlowdown, StallCause cause) throws StoreException {
        if (noSlowdown) {
            throw new StoreException(
                    Kind.BUSY,
                    "write.stalled",
                    "the write would have to wait (" + cause + ") and no_slowdown is set: try again later");
        }
    }
}
