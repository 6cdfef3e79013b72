// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import org.agrona.concurrent.UnsafeBuffer;

/** Small tables that are checked in, and their parts, as seeds for fuzzing. */
final class GoldenTables {
    private static final Path CORPUS =
            Path.of("src", "test", "resources", "io", "sluice", "store", "sst", "TableFuzzTestInputs", "fuzz");

    private GoldenTables() {}

    /** Tables of this project and of RocksDB. */
    static List<byte[]> all() throws IOException {
        List<byte[]> tables = new ArrayList<>();
        tables.add(resource("written-none.sst"));
        tables.add(resource("written-lz4.sst"));
        if (Files.isDirectory(CORPUS)) {
            try (var files = Files.list(CORPUS)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".sst"))
                        .sorted()
                        .toList()) {
                    tables.add(Files.readAllBytes(file));
                }
            }
        }
        return tables;
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = GoldenTables.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(stream, name).readAllBytes();
        }
    }

    /** A copy whose footer has the checksum that fits, where it has one. */
    static byte[] withFooterChecksum(byte[] table) {
        byte[] copy = table.clone();
        int offset = copy.length - TableFormat.FOOTER_LENGTH;
        if (offset < 0) {
            return copy;
        }
        UnsafeBuffer footer = new UnsafeBuffer(copy, offset, TableFormat.FOOTER_LENGTH);
        byte type = footer.getByte(0);
        if (footer.getInt(1, LITTLE_ENDIAN) == TableFormat.EXTENDED_MAGIC
                && type >= 0
                && type <= TableFormat.CHECKSUM_XXH3) {
            int baseContext = footer.getInt(9, LITTLE_ENDIAN);
            footer.putInt(5, 0, LITTLE_ENDIAN);
            byte[] bytes = Arrays.copyOfRange(copy, offset, copy.length);
            int checksum = type == TableFormat.CHECKSUM_NONE ? 0 : Checksum.of(type, bytes, bytes.length);
            footer.putInt(5, checksum + Checksum.modifier(baseContext, offset), LITTLE_ENDIAN);
        }
        return copy;
    }

    /** A copy that says that it has no checksums: what they would have caught is left to the other checks. */
    static byte[] withoutChecksums(byte[] table) {
        byte[] copy = table.clone();
        if (copy.length >= TableFormat.FOOTER_LENGTH) {
            copy[copy.length - TableFormat.FOOTER_LENGTH] = TableFormat.CHECKSUM_NONE;
        }
        return withFooterChecksum(copy);
    }

    /** A table's blocks, decompressed, as inputs of {@link BlockFuzzTest}. */
    static List<byte[]> blocks(byte[] table) throws IOException {
        Footer footer = Footer.read(ArrayFile.readable(table));
        List<byte[]> inputs = new ArrayList<>();
        try (TableBlocks blocks =
                new TableBlocks(new BlockFile(ArrayFile.readable(table), footer), TableCaching.NONE)) {
            SortedMap<String, BlockHandle> metaBlocks = MetaBlocks.readHandles(blocks, footer.metaindex());
            TableProperties properties = MetaBlocks.readProperties(blocks, metaBlocks);
            CompressionDictionary dictionary = MetaBlocks.readDictionary(blocks, metaBlocks);
            if (dictionary != null) {
                blocks.useDictionary(dictionary);
            }
            inputs.add(BlockForm.NAMES.input(contents(blocks, footer.metaindex(), Role.INDEX)));
            BlockHandle propertiesHandle = MetaBlocks.required(blocks, metaBlocks, TableFormat.PROPERTIES_BLOCK);
            inputs.add(BlockForm.NAMES.input(contents(blocks, propertiesHandle, Role.INDEX)));
            BlockHandle handle = footer.index() != null
                    ? footer.index()
                    : MetaBlocks.required(blocks, metaBlocks, TableFormat.INDEX_BLOCK);
            inputs.add(BlockForm.ofIndex(properties).input(contents(blocks, handle, Role.INDEX)));
            addDataBlock(
                    blocks,
                    new TableIndex(blocks, handle, properties, BytewiseComparator.INSTANCE, TableCaching.NONE),
                    inputs);
        }
        return inputs;
    }

    /** A table's filter block, or its parts. */
    static List<byte[]> filters(byte[] table) throws IOException {
        Footer footer = Footer.read(ArrayFile.readable(table));
        List<byte[]> filters = new ArrayList<>();
        try (TableBlocks blocks =
                new TableBlocks(new BlockFile(ArrayFile.readable(table), footer), TableCaching.NONE)) {
            SortedMap<String, BlockHandle> metaBlocks = MetaBlocks.readHandles(blocks, footer.metaindex());
            BlockHandle full = metaBlocks.get(TableFormat.FILTER_BLOCK);
            BlockHandle partitioned = metaBlocks.get(TableFormat.PARTITIONED_FILTER_BLOCK);
            if (full != null) {
                filters.add(contents(blocks, full, Role.FILTER));
            } else if (partitioned != null) {
                BlockForm form = BlockForm.ofIndex(MetaBlocks.readProperties(blocks, metaBlocks));
                IndexBlockIterator parts = (IndexBlockIterator) form.iterator();
                parts.reset(
                        "table", partitioned.offset(), new UnsafeBuffer(contents(blocks, partitioned, Role.FILTER)));
                for (parts.seekToFirst(); parts.isValid(); parts.next()) {
                    BlockHandle part = new BlockHandle(parts.targetOffset(), parts.targetLength());
                    filters.add(contents(blocks, part, Role.FILTER));
                }
            }
        }
        return filters;
    }

    /** Adds the table's second data block, which is a usual one. */
    private static void addDataBlock(TableBlocks blocks, TableIndex index, List<byte[]> inputs) throws IOException {
        IndexIterator places = new IndexIterator();
        try (index) {
            places.begin(index, BlockReads.DEFAULT);
            places.seekToFirst();
            if (places.isValid()) {
                places.next();
            }
            if (places.isValid()) {
                BlockHandle handle = new BlockHandle(places.targetOffset(), places.targetLength());
                byte[] block = contents(blocks, handle, Role.DATA);
                inputs.add(BlockForm.DATA.input(block));
                inputs.add(BlockForm.RENUMBERED.input(block));
            }
            places.end();
        }
    }

    private static byte[] contents(TableBlocks blocks, BlockHandle handle, Role role) throws IOException {
        OffHeapBlock block = blocks.readFile(handle.offset(), handle.length(), role);
        try {
            return Bytes.copy(block.buffer());
        } finally {
            block.release();
        }
    }
}
