// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one table of format version 2 to 5. Safe for concurrent use; its iterators are not. Owns the file. Holds the
 * index and the filter until closed, and a data block for each iterator.
 *
 * <p>Every byte is taken for hostile: what is not as it should be ends in a {@link StoreException} of kind
 * {@code CORRUPTION} or {@code NOT_SUPPORTED} that names file, offset, expected and found.
 */
public final class TableReader implements AutoCloseable {
    private final BlockSource source;
    private final KeyComparator comparator;
    private final EntryOrder dataOrder;
    private final SortedMap<String, BlockHandle> metaBlocks;
    private final BlockHandle metaindexHandle;
    private final TableProperties properties;
    private final boolean indexKeyIsUserKey;
    private final boolean indexIsDeltaEncoded;
    private final BlockHandle indexHandle;
    private final BlockContents index;
    private final @Nullable BlockContents filterContents;
    private final @Nullable BloomFilter filter;
    private final FragmentedTombstones rangeTombstones;

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

    private TableReader(BlockSource source, Footer footer, KeyComparator comparator) throws IOException {
        this.source = source;
        this.comparator = comparator;
        this.dataOrder = EntryOrder.ofInternalKeys(comparator);
        this.metaindexHandle = footer.metaindex();
        this.metaBlocks = readMetaindex();
        this.properties = readProperties();
        TableSupport.check(source.name(), properties, metaBlocks.keySet(), comparator);
        this.indexKeyIsUserKey = properties.number(PropertyNames.INDEX_KEY_IS_USER_KEY) != 0;
        this.indexIsDeltaEncoded = properties.number(PropertyNames.INDEX_VALUE_IS_DELTA_ENCODED) != 0;
        this.indexHandle = footer.index();
        this.index = source.read(indexHandle);
        indexIterator(); // refuses an index that is none right here
        // A filter of prefixes says nothing about keys; one of another kind nothing to us.
        BlockHandle filterHandle = metaBlocks.get(TableFormat.FILTER_BLOCK);
        boolean ofKeys = !properties.text(PropertyNames.WHOLE_KEY_FILTERING).equals("0");
        this.filterContents = filterHandle == null || !ofKeys ? null : source.read(filterHandle);
        this.rangeTombstones = readRangeTombstones();
        this.filter = filterContents == null ? null : BloomFilter.of(filterContents.buffer());
    }

    /**
     * Opens a table and reads its footer, properties, index and filter. Owns {@code file} from then on; closes it where
     * this fails.
     *
     * @param comparator must be the one that the table was written with
     */
    public static TableReader open(ReadableFile file, KeyComparator comparator) throws IOException {
        try {
            Footer footer = Footer.read(file);
            return new TableReader(new FileBlockSource(file, footer.checksumType()), footer, comparator);
        } catch (IOException | RuntimeException e) {
            try {
                file.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    /** As they stand in the file. */
    public TableProperties properties() {
        return properties;
    }

    /** Its range deletions, beyond its bounds in the manifest perhaps. They hide what is in other tables too. */
    public FragmentedTombstones rangeTombstones() {
        return rangeTombstones;
    }

    /**
     * Visits the entries of the search key's user key from the first at or after the search key on, that is, the newest
     * visible at its sequence number, until the visitor has enough.
     *
     * @param internalSearchKey a user key and the trailer of a sequence number and {@code ValueType.FOR_SEEK}
     * @return whether an entry was visited
     */
    public boolean get(DirectBuffer internalSearchKey, EntryVisitor visitor) throws IOException {
        int userKeyLength = InternalKey.userKeyLength(internalSearchKey);
        if (!mayContain(internalSearchKey, userKeyLength)) {
            return false;
        }
        boolean visited = false;
        try (InternalIterator iterator = iterator()) {
            for (iterator.seek(internalSearchKey); iterator.isValid(); iterator.next()) {
                DirectBuffer key = iterator.key();
                int length = InternalKey.userKeyLength(key);
                if (comparator.compare(key, 0, length, internalSearchKey, 0, userKeyLength) != 0) {
                    break;
                }
                visited = true;
                if (!visitor.visit(key, iterator.value())) {
                    break;
                }
            }
        }
        return visited;
    }

    /** False where the filter says that the table has no entry of this user key. */
    public boolean mayContain(DirectBuffer userKey) {
        return mayContain(userKey, userKey.capacity());
    }

    /** An iterator over all entries but the range deletions, which must be closed before this reader is. */
    public InternalIterator iterator() throws IOException {
        return new TableIterator(source, indexIterator(), dataOrder);
    }

    /** Reads every block and checks its checksum, and that the data blocks are as many as the properties say. */
    public void verifyChecksums() throws IOException {
        source.read(metaindexHandle).close();
        source.read(indexHandle).close();
        for (BlockHandle handle : metaBlocks.values()) {
            source.read(handle).close();
        }
        long blocks = 0;
        IndexBlockIterator iterator = indexIterator();
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            source.read(iterator.handle()).close();
            blocks++;
        }
        long expected = properties.number(PropertyNames.NUM_DATA_BLOCKS);
        if (blocks != expected) {
            throw StoreException.corruption(
                    "sst.index.count",
                    where(source, indexHandle) + ": expected " + expected + " data blocks, found " + blocks);
        }
    }

    @Override
    public void close() throws IOException {
        index.close();
        if (filterContents != null) {
            filterContents.close();
        }
        source.close();
    }

    /** Names a block in errors. */
    static String where(BlockSource source, BlockHandle handle) {
        return source.name() + ": block at offset " + handle.offset();
    }

    private boolean mayContain(DirectBuffer key, int length) {
        if (filter == null) {
            return true;
        }
        byte[] array = key.byteArray();
        if (array != null) {
            int offset = Math.toIntExact(key.addressOffset() - org.agrona.UnsafeAccess.ARRAY_BYTE_BASE_OFFSET);
            return filter.mayContain(XxHash3Preview.hash(array, offset, length));
        }
        byte[] copy = new byte[length];
        key.getBytes(0, copy);
        return filter.mayContain(XxHash3Preview.hash(copy, 0, length));
    }

    private IndexBlockIterator indexIterator() throws StoreException {
        EntryOrder order = indexKeyIsUserKey ? EntryOrder.ofUserKeys(comparator) : dataOrder;
        IndexBlockIterator iterator = new IndexBlockIterator(order, indexIsDeltaEncoded);
        iterator.reset(where(source, indexHandle), index.buffer());
        return iterator;
    }

    private SortedMap<String, BlockHandle> readMetaindex() throws IOException {
        SortedMap<String, BlockHandle> handles = new TreeMap<>();
        for (var entry : readNames(metaindexHandle).entrySet()) {
            String what = where(source, metaindexHandle) + ": handle of " + entry.getKey();
            handles.put(
                    entry.getKey(),
                    BlockHandle.decode(new ByteReader(what, entry.getValue().buffer())));
        }
        return handles;
    }

    private TableProperties readProperties() throws IOException {
        BlockHandle handle = metaBlocks.get(TableFormat.PROPERTIES_BLOCK);
        if (handle == null) {
            throw StoreException.corruption(
                    "sst.properties.missing",
                    where(source, metaindexHandle) + ": expected an entry " + TableFormat.PROPERTIES_BLOCK + ", found "
                            + metaBlocks.keySet());
        }
        return new TableProperties(readNames(handle));
    }

    private FragmentedTombstones readRangeTombstones() throws IOException {
        BlockHandle handle = metaBlocks.get(TableFormat.RANGE_DELETIONS_BLOCK);
        if (handle == null) {
            return FragmentedTombstones.EMPTY;
        }
        try (BlockContents contents = source.read(handle)) {
            return RangeDeletionBlock.read(where(source, handle), contents.buffer(), comparator);
        }
    }

    private SortedMap<String, Slice> readNames(BlockHandle handle) throws IOException {
        SortedMap<String, Slice> values = new TreeMap<>();
        try (BlockContents contents = source.read(handle)) {
            DataBlockIterator iterator = new DataBlockIterator(EntryOrder.ofNames());
            iterator.reset(where(source, handle), contents.buffer());
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                DirectBuffer key = iterator.key();
                values.put(key.getStringWithoutLengthUtf8(0, key.capacity()), Slice.copyOf(iterator.value()));
            }
        }
        return values;
    }
}
