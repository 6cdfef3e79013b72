// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.Bytes;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import io.sluice.store.iterator.FragmentedTombstones;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Reads the blocks of a table that are read once, at its opening: metaindex, properties, dictionary. */
final class MetaBlocks {
    private MetaBlocks() {}

    /** The handles in the metaindex, by name. */
    static SortedMap<String, BlockHandle> readHandles(TableBlocks blocks, BlockHandle metaindex) throws IOException {
        SortedMap<String, BlockHandle> handles = new TreeMap<>();
        for (var entry : readNames(blocks, metaindex).entrySet()) {
            String what = BlockPlace.of(blocks.name(), metaindex.offset()) + ": handle of " + entry.getKey();
            handles.put(
                    entry.getKey(),
                    BlockHandle.decode(new ByteReader(what, entry.getValue().buffer())));
        }
        return handles;
    }

    static TableProperties readProperties(TableBlocks blocks, Map<String, BlockHandle> handles) throws IOException {
        return new TableProperties(readNames(blocks, required(blocks, handles, TableFormat.PROPERTIES_BLOCK)));
    }

    /** The dictionary of the table's data blocks, or null where they have none. */
    static @Nullable CompressionDictionary readDictionary(TableBlocks blocks, Map<String, BlockHandle> handles)
            throws IOException {
        BlockHandle handle = handles.get(TableFormat.DICTIONARY_BLOCK);
        if (handle == null) {
            return null;
        }
        OffHeapBlock block = blocks.readFile(handle.offset(), handle.length(), Role.INDEX);
        try {
            return block.length() == 0 ? null : new CompressionDictionary(Bytes.copy(block.buffer()));
        } finally {
            block.release();
        }
    }

    /** The table's range deletions. */
    static FragmentedTombstones readRangeTombstones(
            TableBlocks blocks, Map<String, BlockHandle> handles, KeyComparator comparator) throws IOException {
        BlockHandle handle = handles.get(TableFormat.RANGE_DELETIONS_BLOCK);
        if (handle == null) {
            return FragmentedTombstones.EMPTY;
        }
        OffHeapBlock block = blocks.readFile(handle.offset(), handle.length(), Role.INDEX);
        try {
            return RangeDeletionBlock.read(blocks.name(), handle.offset(), block.buffer(), comparator);
        } finally {
            block.release();
        }
    }

    /** The sequence number of all entries where the properties of an ingested file tell it, else {@code NO_SEQUENCE}. */
    static long globalSequence(TableBlocks blocks, TableProperties properties) throws StoreException {
        Slice value = properties.raw().get(PropertyNames.GLOBAL_SEQUENCE);
        if (value == null) {
            return DataBlockIterator.NO_SEQUENCE;
        }
        long sequence = value.length() == Long.BYTES ? value.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN) : -1;
        if (sequence < 0 || sequence > InternalKey.MAX_SEQUENCE) {
            throw StoreException.corruption(
                    "sst.global-sequence",
                    blocks.name() + ": expected a sequence number of 8 bytes in " + PropertyNames.GLOBAL_SEQUENCE
                            + ", found " + value);
        }
        return sequence == 0 ? DataBlockIterator.NO_SEQUENCE : sequence;
    }

    static BlockHandle required(TableBlocks blocks, Map<String, BlockHandle> handles, String name)
            throws StoreException {
        BlockHandle handle = handles.get(name);
        if (handle == null) {
            String code = name.equals(TableFormat.PROPERTIES_BLOCK) ? "sst.properties.missing" : "sst.index.missing";
            throw StoreException.corruption(
                    code,
                    blocks.name() + ": expected an entry " + name + " in the metaindex, found " + handles.keySet());
        }
        return handle;
    }

    private static SortedMap<String, Slice> readNames(TableBlocks blocks, BlockHandle handle) throws IOException {
        SortedMap<String, Slice> values = new TreeMap<>();
        OffHeapBlock block = blocks.readFile(handle.offset(), handle.length(), Role.INDEX);
        try {
            DataBlockIterator iterator = new DataBlockIterator(EntryOrder.ofNames());
            iterator.reset(blocks.name(), handle.offset(), block.buffer());
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                DirectBuffer key = iterator.key();
                values.put(key.getStringWithoutLengthUtf8(0, key.capacity()), Slice.copyOf(iterator.value()));
            }
        } finally {
            block.release();
        }
        return values;
    }
}
