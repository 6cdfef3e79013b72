// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFormat.KEY_LENGTH_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.KEY_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.MAX_HEIGHT;
import static io.sluice.store.memtable.MemtableFormat.NONE;
import static io.sluice.store.memtable.MemtableFormat.PREFIX_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.UNIT;
import static io.sluice.store.memtable.MemtableFormat.VALUE_LENGTH_OFFSET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.MemoryPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The newest entries of a column family, in order, in off-heap memory that can be shipped as it is.
 *
 * <p>An entry is written in two steps, so that a batch has all its memory before it takes its sequence numbers:
 *
 * <pre>{@code
 * if (!memtable.tryEnter()) { ...take the column family's new memtable... }
 * try {
 *     int node = memtable.allocate(type, key, 0, keyLength, value, 0, valueLength);
 *     if (node == Memtable.NEEDS_MEMORY) { ...exit, wait for the pool outside, begin anew... }
 *     memtable.link(node, sequence);
 * } finally {
 *     memtable.exit();
 * }
 * }</pre>
 *
 * <p>Thread safety: all methods may be called by any thread; reads take no lock and see every entry linked before they
 * began. Nothing here waits but {@link #seal}, for the writers inside.
 *
 * <p>Ownership: it is born with one reference, its creator's. Every method but {@link #retain} needs that the caller, or
 * someone for it, holds one; the memory goes back to the pool with the last, and reads after that throw {@link
 * IllegalStateException}.
 */
public final class Memtable {
    /** What {@link #allocate} returns where the memory pool has no room now. */
    public static final int NEEDS_MEMORY = Arena.NEEDS_MEMORY;

    static {
        if (ByteOrder.nativeOrder() != LITTLE_ENDIAN) {
            // Links are swapped in place by the processor's own instructions, so the layout is the machine's.
            throw new IllegalStateException("memtables need a little-endian machine");
        }
    }

    private final long id;
    private final KeyComparator comparator;
    private final InstantSource clock;
    private final long heightSeed;
    private final Arena arena;
    private final CountedList entries;
    private final CountedList ranges;
    private final WriterGate gate = new WriterGate();
    private final AtomicInteger references = new AtomicInteger(1);
    private final AtomicLong smallestSequence = new AtomicLong(Long.MAX_VALUE);
    private final PaddedLong largestSequence = new PaddedLong(0);
    private final SealedView sealed = new SealedView(this);

    private volatile long creationTime;
    private volatile long firstLog;
    private volatile long lastLog;
    private volatile boolean hasSingleDeletions;
    private volatile CutRanges cutRanges = new CutRanges(0, FragmentedTombstones.EMPTY);

    /** Range deletions cut for reads: at least the first {@code count} that were linked. */
    private record CutRanges(long count, FragmentedTombstones tombstones) {}

    /**
     * Creates an empty memtable, which holds no memory yet.
     *
     * @param id unique within its column family and the store's epoch, ascending with age
     * @param comparator the order of user keys
     * @param pool where its memory comes from
     * @param clock tells the time of the first entry
     * @param heightSeed random: who knows it can write keys that make searches slow
     */
    public Memtable(long id, KeyComparator comparator, MemoryPool pool, InstantSource clock, long heightSeed) {
        this.id = id;
        this.comparator = comparator;
        this.clock = clock;
        this.heightSeed = heightSeed;
        this.arena = new Arena(pool);
        this.entries = new CountedList(arena, comparator);
        this.ranges = new CountedList(arena, comparator);
    }

    /** Unique within its column family and the store's epoch, ascending with age. */
    public long id() {
        return id;
    }

    /**
     * Enters as a writer, who may not wait for anything before {@link #exit}.
     *
     * @return false where the memtable is sealed: write to its successor
     */
    public boolean tryEnter() {
        return gate.tryEnter();
    }

    /** Leaves; once for each {@link #tryEnter} that returned true. */
    public void exit() {
        gate.exit();
    }

    /**
     * Copies an entry in, seen by nobody yet. A node that is never linked is harmless: its space is lost until the
     * memtable's end. Call it inside {@link #tryEnter} and {@link #exit}.
     *
     * @param type a {@link ValueType}; of a range deletion, the key is its start and the value its end
     * @return the node, above 0, for {@link #link}; or {@link #NEEDS_MEMORY}: leave, wait for {@link MemoryPool#onRelease},
     *     and begin anew
     * @throws StoreException {@code memtable.entry.too_large} where the entry is longer than the pool's longest block,
     *     {@code memtable.full} where the memtable has reached 16 GiB
     */
    public int allocate(
            byte type,
            DirectBuffer key,
            int keyOffset,
            int keyLength,
            DirectBuffer value,
            int valueOffset,
            int valueLength)
            throws StoreException {
        checkType(type);
        int height = randomHeight(arena.position());
        int start = arena.allocate(length(height, keyLength, valueLength));
        if (start == NEEDS_MEMORY) {
            return NEEDS_MEMORY;
        }
        return fill(start, height, type, key, keyOffset, keyLength, value, valueOffset, valueLength);
    }

    /**
     * The same in memory taken before, which becomes this memtable's.
     *
     * @param reserve has what it planned, and planned this entry next
     * @return the node, above 0, for {@link #link}
     * @throws StoreException as the other
     */
    public int allocate(
            EntryReserve reserve,
            byte type,
            DirectBuffer key,
            int keyOffset,
            int keyLength,
            DirectBuffer value,
            int valueOffset,
            int valueLength)
            throws StoreException {
        checkType(type);
        int height = randomHeight(arena.position() + reserve.position());
        int start = reserve.allocate(
                arena, length(height, keyLength, valueLength), MemtableFormat.maxNodeLength(keyLength, valueLength));
        return fill(start, height, type, key, keyOffset, keyLength, value, valueOffset, valueLength);
    }

    private static void checkType(byte type) {
        if (!MemtableFormat.isEntryType(type) && type != ValueType.RANGE_DELETION) {
            throw new IllegalArgumentException("type=" + type + " is none that a memtable's entry can have");
        }
    }

    private static long length(int height, int keyLength, int valueLength) {
        return MemtableFormat.towerLength(height) + MemtableFormat.entryLength(keyLength, valueLength);
    }

    /** Makes an entry of what was allocated; its node. */
    private int fill(
            int start,
            int height,
            byte type,
            DirectBuffer key,
            int keyOffset,
            int keyLength,
            DirectBuffer value,
            int valueOffset,
            int valueLength) {
        int node = start + MemtableFormat.towerLength(height) / UNIT;
        UnsafeBuffer buffer = arena.buffer(node);
        int at = arena.offset(node);
        buffer.putLong(at + PREFIX_OFFSET, MemtableFormat.prefix(key, keyOffset, keyLength), LITTLE_ENDIAN);
        buffer.putInt(at + KEY_LENGTH_OFFSET, keyLength, LITTLE_ENDIAN);
        buffer.putInt(at + VALUE_LENGTH_OFFSET, valueLength, LITTLE_ENDIAN);
        buffer.putBytes(at + KEY_OFFSET, key, keyOffset, keyLength);
        // Until the node is linked, the height stands where the sequence number will.
        InternalKey.putTrailer(buffer, at + KEY_OFFSET + keyLength, InternalKey.trailer(height, type));
        buffer.putBytes(at + KEY_OFFSET + keyLength + InternalKey.TRAILER_LENGTH, value, valueOffset, valueLength);
        return node;
    }

    /**
     * Gives an entry its sequence number and makes it visible; a range deletion of no keys vanishes. It cannot fail. Call
     * it once for a node, within the same {@link #tryEnter} and {@link #exit} as {@link #allocate}; no two entries of a key
     * may have the same sequence number.
     */
    public void link(int node, long sequence) {
        UnsafeBuffer buffer = arena.buffer(node);
        int at = arena.offset(node);
        int keyLength = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
        int trailerOffset = at + KEY_OFFSET + keyLength;
        long unlinked = buffer.getLong(trailerOffset, LITTLE_ENDIAN);
        int height = (int) InternalKey.sequence(unlinked);
        InternalKey.putTrailer(buffer, trailerOffset, InternalKey.trailer(sequence, InternalKey.type(unlinked)));
        int valueLength = buffer.getInt(at + VALUE_LENGTH_OFFSET, LITTLE_ENDIAN);
        byte type = InternalKey.type(unlinked);
        if (type == ValueType.RANGE_DELETION) {
            int endOffset = trailerOffset + InternalKey.TRAILER_LENGTH;
            if (comparator.compare(buffer, at + KEY_OFFSET, keyLength, buffer, endOffset, valueLength) < 0) {
                noteEntry(sequence);
                ranges.link(node, height, keyLength + (long) valueLength);
            }
            return;
        }
        if (type == ValueType.SINGLE_DELETION) {
            hasSingleDeletions = true;
        }
        noteEntry(sequence);
        entries.link(node, height, keyLength + (long) valueLength);
    }

    /**
     * Finds the newest entry of a key that a snapshot sees. Allocates nothing.
     *
     * @param snapshot the highest sequence number to be seen
     * @param result where what was found is put
     * @return whether there is one, be it a value, a deletion or a merge operand
     */
    public boolean get(DirectBuffer key, int offset, int length, long snapshot, MemtableLookup result) {
        checkReferenced();
        int node = entries.nodes.findAtOrAfter(key, offset, length, InternalKey.trailer(snapshot, ValueType.FOR_SEEK));
        if (node == NONE) {
            return false;
        }
        UnsafeBuffer buffer = arena.buffer(node);
        int at = arena.offset(node);
        int keyLength = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
        if (comparator.compare(buffer, at + KEY_OFFSET, keyLength, key, offset, length) != 0) {
            return false;
        }
        show(node, buffer, at, keyLength, result);
        return true;
    }

    /**
     * Goes on from what {@link #get} or this found to the next older entry of the key.
     *
     * @return false where there is none; {@code result} is unchanged then
     */
    public boolean getOlder(DirectBuffer key, int offset, int length, MemtableLookup result) {
        checkReferenced();
        int node = entries.nodes.next(result.node());
        if (node == NONE) {
            return false;
        }
        UnsafeBuffer buffer = arena.buffer(node);
        int at = arena.offset(node);
        int keyLength = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
        if (comparator.compare(buffer, at + KEY_OFFSET, keyLength, key, offset, length) != 0) {
            return false;
        }
        show(node, buffer, at, keyLength, result);
        return true;
    }

    /**
     * A walk over the entries but the range deletions, which sees those linked meanwhile too. Holds a reference until
     * closed.
     */
    public InternalIterator iterator() {
        retain();
        return new MemtableIterator(this, arena, entries.nodes);
    }

    /** The same over the range deletions: keys are their starts, values their ends. */
    public InternalIterator rangeDeletions() {
        retain();
        return new MemtableIterator(this, arena, ranges.nodes);
    }

    /**
     * The range deletions, cut for reads: all that were linked before the call, and perhaps later ones. They are cut anew
     * at the first read after one was linked, in n log n.
     */
    public FragmentedTombstones rangeTombstones() {
        long count = ranges.count();
        CutRanges cut = cutRanges;
        if (cut.count() >= count) {
            return cut.tombstones();
        }
        try (InternalIterator iterator = rangeDeletions()) {
            FragmentedTombstones made = FragmentedTombstones.read(comparator, iterator);
            cutRanges = new CutRanges(count, made); // an older one may come last: then the next read makes it anew
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException("a walk through memory failed", e);
        }
    }

    /** Whether no entry was linked yet. */
    public boolean isEmpty() {
        checkReferenced();
        return entries.isEmpty() && ranges.isEmpty();
    }

    /** Bytes of entries with their overhead, those never linked included: what {@code write_buffer_size} limits. */
    public long memoryUsed() {
        return arena.usedLength();
    }

    /** Bytes of the blocks taken from the pool. */
    public long memoryHeld() {
        return arena.heldLength();
    }

    /** Entries linked, range deletions among them; exact where no writer is inside. */
    public long entryCount() {
        return entries.count() + ranges.count();
    }

    /** Bytes of user keys and values linked; exact where no writer is inside. */
    public long dataLength() {
        return entries.dataLength() + ranges.dataLength();
    }

    /** The lowest sequence number, or {@link Long#MAX_VALUE} where there is no entry. */
    public long smallestSequence() {
        return smallestSequence.get();
    }

    /** The highest sequence number, or 0 where there is no entry. */
    public long largestSequence() {
        return largestSequence.get();
    }

    /** Whether a single deletion was linked. */
    public boolean hasSingleDeletions() {
        return hasSingleDeletions;
    }

    /** Seconds since 1970 at the first entry, or 0 where there is none. */
    public long creationTime() {
        return creationTime;
    }

    /** The number of the first write-ahead log that may have entries of it, or 0 where none has. */
    public long firstLog() {
        return firstLog;
    }

    /** The number of the last write-ahead log that may have entries of it, or 0 where none has. */
    public long lastLog() {
        return lastLog;
    }

    /**
     * Says that entries of it are about to be appended to a log. Called by one thread at a time, with ascending numbers,
     * while the entries' writer is inside.
     */
    public void logging(long logNumber) {
        if (lastLog != logNumber) {
            if (firstLog == 0) {
                firstLog = logNumber;
            }
            lastLog = logNumber;
        }
    }

    /** Whether {@link #seal} was called. */
    public boolean isSealed() {
        return gate.isClosed();
    }

    /**
     * Lets no more writers in and waits for those inside, who wait for nothing. May be called again. The caller is not
     * inside.
     *
     * @return this memtable's sealed form, which shares its reference count and takes no reference of its own
     */
    public SealedMemtable seal() {
        var unused = beginSeal().join();
        return sealed;
    }

    /**
     * As {@link #seal()}, but returns at once.
     *
     * @return completes when the last writer has left, on that one's thread unless all have left already
     */
    public CompletableFuture<Void> beginSeal() {
        checkReferenced();
        return gate.close();
    }

    /** Takes a reference; throws {@link IllegalStateException} where all are gone. */
    public void retain() {
        int seen = references.get();
        while (seen > 0) {
            if (references.compareAndSet(seen, seen + 1)) {
                return;
            }
            seen = references.get();
        }
        throw new IllegalStateException("memtable " + id + " was released before this use");
    }

    /** Gives a reference back; with the last one the memory goes back to the pool. */
    public void release() {
        int left = references.decrementAndGet();
        if (left == 0) {
            arena.release();
        } else if (left < 0) {
            throw new IllegalStateException("memtable " + id + " was released more often than retained");
        }
    }

    Arena arena() {
        return arena;
    }

    SealedLayout.EntryList entryList() {
        return entries.toLayout();
    }

    SealedLayout.EntryList rangeDeletionList() {
        return ranges.toLayout();
    }

    void checkReferenced() {
        if (references.get() <= 0) {
            throw new IllegalStateException("memtable " + id + " was released before this use");
        }
    }

    private static void show(int node, UnsafeBuffer buffer, int at, int keyLength, MemtableLookup result) {
        int trailerOffset = at + KEY_OFFSET + keyLength;
        result.set(
                node,
                buffer.getLong(trailerOffset, LITTLE_ENDIAN),
                buffer,
                trailerOffset + InternalKey.TRAILER_LENGTH,
                buffer.getInt(at + VALUE_LENGTH_OFFSET, LITTLE_ENDIAN));
    }

    private void noteEntry(long sequence) {
        if (sequence < smallestSequence.get()) {
            smallestSequence.accumulateAndGet(sequence, Math::min);
        }
        largestSequence.raise(sequence);
        if (creationTime == 0) {
            creationTime = clock.instant().getEpochSecond();
        }
    }

    /** 1 with probability 3/4, 2 with 3/16, and so on: from a number that changes with each entry. */
    private int randomHeight(long position) {
        long mixed = (position ^ heightSeed) * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xd6e8feb86659fd93L;
        mixed ^= mixed >>> 32;
        return Math.min(MAX_HEIGHT, 1 + Long.numberOfTrailingZeros(mixed) / 2);
    }
}
