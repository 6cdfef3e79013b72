// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one table of format version 2 to 7. Safe for concurrent use; its iterators are not. Owns the file. Index and
 * filter are held until it is closed, unless they are the cache's to keep; a get or an iterator holds a data block.
 *
 * <p>Every byte is taken for hostile: what is not as it should be ends in a {@link StoreException} of kind
 * {@code CORRUPTION} or {@code NOT_SUPPORTED} that names file, offset, expected and found.
 */
public final class TableReader implements AutoCloseable {
    /** What a block told: an entry was visited. */
    private static final int VISITED = 1;
    /** What a block told: no further one is wanted. */
    private static final int ENOUGH = 2;

    private final TableBlocks blocks;
    private final KeyComparator comparator;
    private final EntryOrder dataOrder;
    private final BlockHandle metaindexHandle;
    private final SortedMap<String, BlockHandle> metaBlocks;
    private final TableProperties properties;
    private volatile FragmentedTombstones rangeTombstones;
    private final TableIndex index;
    private final @Nullable TableFilter filter;
    private volatile long sequence;
    private volatile long newest = InternalKey.MAX_SEQUENCE;

    /** Takes entries of one user key, newest first. */
    @FunctionalInterface
    public interface EntryVisitor {
        /**
         * Looks at an entry; the views are valid during the call.
         *
         * @return whether the next older entry of the key is wanted too
         */
        boolean visit(DirectBuffer internalKey, DirectBuffer value);
    }

    private TableReader(TableBlocks blocks, Footer footer, Function<String, KeyComparator> order, TableCaching caching)
            throws IOException {
        this.blocks = blocks;
        this.metaindexHandle = footer.metaindex();
        this.metaBlocks = MetaBlocks.readHandles(blocks, metaindexHandle);
        this.properties = MetaBlocks.readProperties(blocks, metaBlocks);
        this.comparator = order.apply(properties.text(PropertyNames.COMPARATOR));
        this.dataOrder = EntryOrder.ofInternalKeys(comparator);
        TableSupport.check(blocks.name(), footer.version(), properties, metaBlocks.keySet(), comparator);
        this.rangeTombstones = MetaBlocks.readRangeTombstones(blocks, metaBlocks, comparator);
        this.sequence = MetaBlocks.globalSequence(blocks, properties);
        CompressionDictionary dictionary = MetaBlocks.readDictionary(blocks, metaBlocks);
        if (dictionary != null) {
            blocks.useDictionary(dictionary);
        }
        BlockHandle indexHandle = footer.index();
        if (indexHandle == null) {
            indexHandle = MetaBlocks.required(blocks, metaBlocks, TableFormat.INDEX_BLOCK);
        }
        this.index = new TableIndex(blocks, indexHandle, properties, comparator, caching);
        try {
            index.check(); // refuses one that is none right here
            this.filter = TableFilter.of(blocks, index, properties, metaBlocks, caching);
        } catch (IOException | RuntimeException e) {
            index.close();
            throw e;
        }
    }

    /** Opens a table that keeps nothing in a cache; see {@link #open(ReadableFile, KeyComparator, TableCaching)}. */
    public static TableReader open(ReadableFile file, KeyComparator comparator) throws IOException {
        return open(file, comparator, TableCaching.NONE);
    }

    /**
     * Opens a table and reads its footer, properties, index and filter. Owns {@code file} from then on; closes it where
     * this fails.
     *
     * @param comparator must be the one that the table was written with
     */
    public static TableReader open(ReadableFile file, KeyComparator comparator, TableCaching caching)
            throws IOException {
        return open(file, name -> comparator, caching);
    }

    /** As {@link #open(ReadableFile, KeyComparator)}, in the order that the table names, which is to be built in. */
    public static TableReader open(ReadableFile file) throws IOException {
        return open(
                file, name -> Comparators.BUILT_IN.getOrDefault(name, BytewiseComparator.INSTANCE), TableCaching.NONE);
    }

    private static TableReader open(ReadableFile file, Function<String, KeyComparator> order, TableCaching caching)
            throws IOException {
        try {
            Footer footer = Footer.read(file);
            return new TableReader(new TableBlocks(new BlockFile(file, footer), caching), footer, order, caching);
        } catch (IOException | RuntimeException e) {
            try {
                file.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    /** The order of its user keys. */
    public KeyComparator comparator() {
        return comparator;
    }

    /** As they stand in the file. */
    public TableProperties properties() {
        return properties;
    }

    /** Its range deletions, beyond its bounds in the manifest perhaps. They hide what is in other tables too. */
    public FragmentedTombstones rangeTombstones() {
        return rangeTombstones;
    }

    /** As {@link #get(DirectBuffer, EntryVisitor, TableScratch, BlockReads)}, for a single read. */
    public boolean get(DirectBuffer internalSearchKey, EntryVisitor visitor) throws IOException {
        return get(internalSearchKey, visitor, new TableScratch(), BlockReads.DEFAULT);
    }

    /**
     * Visits the entries of the search key's user key from the first at or after the search key on, that is, the newest
     * visible at its sequence number, until the visitor has enough.
     *
     * @param internalSearchKey a user key and the trailer of a sequence number and {@code ValueType.FOR_SEEK}
     * @param scratch the thread's
     * @return whether an entry was visited
     */
    public boolean get(DirectBuffer internalSearchKey, EntryVisitor visitor, TableScratch scratch, BlockReads reads)
            throws IOException {
        if (filter != null && !filter.mayContain(internalSearchKey, scratch, reads)) {
            return false;
        }
        IndexIterator places = scratch.index();
        places.begin(index, reads);
        try {
            places.seek(internalSearchKey);
            boolean visited = false;
            boolean goesOn = false;
            while (places.isValid()) {
                int found = visitBlock(places, internalSearchKey, goesOn, visitor, scratch, reads);
                visited |= (found & VISITED) != 0;
                if ((found & ENOUGH) != 0 || places.isLastOf(internalSearchKey)) {
                    break;
                }
                goesOn = true;
                places.next();
            }
            if (visited && filter != null) {
                filter.countFound(internalSearchKey, reads);
            }
            return visited;
        } finally {
            places.end();
        }
    }

    /** False where the filter says that the table has no entry of this user key. */
    public boolean mayContain(DirectBuffer userKey) throws IOException {
        long newest = InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK);
        UnsafeBuffer key = new UnsafeBuffer(InternalKey.encode(userKey, newest));
        return filter == null || filter.mayContain(key, new TableScratch(), BlockReads.DEFAULT);
    }

    /** An iterator over all entries but the range deletions, which must be closed before this reader is. */
    public InternalIterator iterator() throws IOException {
        return iterator(BlockReads.DEFAULT, () -> {});
    }

    /** As {@link #iterator()}, reading as told; {@code onClose} is run once, when it is closed. */
    public InternalIterator iterator(BlockReads reads, Runnable onClose) throws IOException {
        return new TableIterator(index, filter, dataOrder, sequence, newest, reads, onClose);
    }

    /**
     * Tells the highest sequence number that the manifest has for this file. If the file was ingested, that is the number
     * of every entry, as by RocksDB's rule, for gets and iterators that begin later.
     */
    public void takeManifestSequence(long largest) {
        newest = largest;
        if (properties.raw().containsKey(PropertyNames.EXTERNAL_FILE_VERSION)) {
            sequence = largest;
            newest = largest + 1; // its range deletions have that number too, and do not hide its entries
            List<RangeTombstone> renumbered = rangeTombstones.tombstones().stream()
                    .map(tombstone -> new RangeTombstone(tombstone.start(), tombstone.end(), largest))
                    .toList();
            rangeTombstones = FragmentedTombstones.of(comparator, renumbered);
        }
    }

    /**
     * A place in a table.
     *
     * @param userKey at or above the keys before it, and at or below those behind it
     * @param size bytes of data between the place before and this one
     */
    public record Anchor(Slice userKey, long size) {}

    /** At most {@code count} places, or a few more, that cut the table into parts of about equal size, in order. */
    public List<Anchor> anchors(int count) throws IOException {
        long step = Math.max(1, properties.number(PropertyNames.NUM_DATA_BLOCKS) / count);
        List<Anchor> anchors = new ArrayList<>();
        IndexIterator places = new IndexIterator();
        places.begin(index, BlockReads.DEFAULT);
        try {
            long size = 0;
            long passed = 0;
            for (places.seekToFirst(); places.isValid(); places.next()) {
                size += places.targetLength();
                if (++passed % step == 0) {
                    anchors.add(new Anchor(places.userKey(), size));
                    size = 0;
                }
            }
            return anchors;
        } finally {
            places.end();
        }
    }

    /** Reads every block and checks its checksum, and that the data blocks are as many as the properties say. */
    public void verifyChecksums() throws IOException {
        readAndDrop(metaindexHandle, Role.INDEX);
        for (BlockHandle handle : metaBlocks.values()) {
            readAndDrop(handle, Role.INDEX);
        }
        if (filter != null) {
            filter.verifyParts();
        }
        long blockCount = index.verify();
        long expected = properties.number(PropertyNames.NUM_DATA_BLOCKS);
        // RocksDB 11.8 writes 0 where it has trained a dictionary.
        if (blockCount != expected && expected != 0) {
            throw StoreException.corruption(
                    "sst.index.count", blocks.name() + ": expected " + expected + " data blocks, found " + blockCount);
        }
    }

    /** Closes the file and gives the held blocks back. No get may be under way, and no iterator be open. */
    @Override
    public void close() throws IOException {
        index.close();
        if (filter != null) {
            filter.close();
        }
        blocks.close();
    }

    private int visitBlock(
            IndexIterator place,
            DirectBuffer searchKey,
            boolean fromFirst,
            EntryVisitor visitor,
            TableScratch scratch,
            BlockReads reads)
            throws IOException {
        DataBlockIterator data = scratch.data();
        int userKeyLength = InternalKey.userKeyLength(searchKey);
        int found = 0;
        OffHeapBlock block = scratch.takeKept(blocks, place.targetOffset());
        if (block == null) {
            block = blocks.get(place.targetOffset(), place.targetLength(), Role.DATA, reads);
        }
        try {
            data.order(dataOrder);
            data.overrideSequence(sequence);
            data.reset(blocks.name(), place.targetOffset(), block.buffer());
            if (fromFirst) {
                data.seekToFirst();
            } else if (data.hasHashIndex()) {
                byte[] key = scratch.filterKey(searchKey, userKeyLength);
                int hash = Hash32.of(key, scratch.filterKeyOffset(), userKeyLength, Hash32.SLICE_SEED);
                data.seekByHash(searchKey, hash);
            } else {
                data.seek(searchKey);
            }
            for (; data.isValid(); data.next()) {
                DirectBuffer key = data.key();
                int length = InternalKey.userKeyLength(key);
                if (comparator.compare(key, 0, length, searchKey, 0, userKeyLength) != 0) {
                    return found | ENOUGH;
                }
                found = VISITED;
                if (!visitor.visit(key, data.value())) {
                    return found | ENOUGH;
                }
            }
            return found;
        } finally {
            data.clear();
            scratch.giveBack(blocks, place.targetOffset(), block);
        }
    }

    private void readAndDrop(BlockHandle handle, Role role) throws IOException {
        blocks.readFile(handle.offset(), handle.length(), role).release();
    }
}
