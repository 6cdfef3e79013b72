// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** Properties blocks, and all that is read from them. */
class PropertiesFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] table : GoldenTables.all()) {
            for (byte[] block : GoldenTables.blocks(table)) {
                if (BlockForm.of(block[0]) == BlockForm.NAMES) {
                    seeds.add(Arrays.copyOfRange(block, 1, block.length));
                }
            }
        }
        return seeds;
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.CORRUPTION, Kind.NOT_SUPPORTED, Kind.INVALID_ARGUMENT); // another comparator
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        TableProperties properties = read(input, input.length);
        require(read(input, input.length).equals(properties), "a second look gives other properties");
        for (String name : properties.raw().keySet()) {
            attempt(() -> properties.number(name));
            require(properties.text(name).length() <= input.length, "a text longer than its block");
        }
        require(properties.asMap().size() == properties.raw().size(), "properties are lost");
        attempt(() -> TableIndex.type("table", properties));
        attempt(() -> TableSupport.check("table", 7, properties, Set.of(), BytewiseComparator.INSTANCE));
        PrefixExtractor prefixes = PrefixExtractor.byName(properties.text(PropertyNames.PREFIX_EXTRACTOR));
        require(prefixes == null || prefixes.prefixLength(1 << 20) <= 1 << 20, "a prefix longer than its key");
        BlockBuilder written = properties.encode();
        require(read(written.bytes(), written.length()).equals(properties), "written, they are others");
    }

    /** Reads a block from a file of its own, without compression or checksum. */
    private static TableProperties read(byte[] block, int length) throws IOException {
        ByteWriter file = new ByteWriter(length + 100);
        file.putBytes(new UnsafeBuffer(block), 0, length).putByte((byte) 0).putFixed32(0);
        BlockHandle handle = new BlockHandle(0, length);
        Footer footer = new Footer(TableFormat.CHECKSUM_NONE, handle, handle, TableFormat.WRITTEN_VERSION);
        footer.encode(file);
        try (TableBlocks blocks =
                new TableBlocks(new BlockFile(ArrayFile.readable(file.toByteArray()), footer), TableCaching.NONE)) {
            TableProperties properties =
                    MetaBlocks.readProperties(blocks, Map.of(TableFormat.PROPERTIES_BLOCK, handle));
            MetaBlocks.globalSequence(blocks, properties);
            return properties;
        }
    }
}
