// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.Slice;
import io.sluice.store.iterator.RangeTombstone;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes all that follows a table's data blocks: filter, index, properties, metaindex, footer. */
final class TableTail {
    private final BlockWriter output;
    private final TableOptions options;
    private final TableIdentity identity;

    TableTail(BlockWriter output, TableOptions options, TableIdentity identity) {
        this.output = output;
        this.options = options;
        this.identity = identity;
    }

    TableProperties write(
            TableWriter.TableCounts counts,
            @Nullable BloomFilterBuilder filter,
            IndexBuilder index,
            List<RangeTombstone> tombstones)
            throws IOException {
        long dataSize = output.offset();
        SortedMap<String, Slice> metaBlocks = new TreeMap<>();
        int filterSize = 0;
        if (filter != null && filter.count() > 0) {
            byte[] block = filter.finish();
            filterSize = block.length;
            byte[] roomy = Arrays.copyOf(block, filterSize + TableFormat.TRAILER_LENGTH);
            metaBlocks.put(TableFormat.FILTER_BLOCK, encode(output.write(roomy, filterSize, false)));
        }
        BlockBuilder indexBlock = index.finish();
        BlockHandle indexHandle = output.write(indexBlock.bytes(), indexBlock.length(), true);

        if (!tombstones.isEmpty()) {
            metaBlocks.put(TableFormat.RANGE_DELETIONS_BLOCK, encode(write(RangeDeletionBlock.build(tombstones))));
        }

        TableProperties.Builder builder = new TableProperties.Builder();
        addSizes(builder, counts, dataSize, indexBlock.length() + TableFormat.TRAILER_LENGTH, index.keyIsUserKey());
        builder.number(PropertyNames.NUM_FILTER_ENTRIES, filter == null ? 0 : filter.count())
                .number(PropertyNames.FILTER_SIZE, filterSize)
                .text(PropertyNames.FILTER_POLICY, filter == null ? "" : "bloomfilter");
        addIdentity(builder);
        addOptions(builder);
        TableProperties properties = builder.build();
        metaBlocks.put(TableFormat.PROPERTIES_BLOCK, encode(write(properties.encode())));

        BlockHandle metaindexHandle = write(TableProperties.encode(metaBlocks, 1));
        ByteWriter footer = new ByteWriter(TableFormat.FOOTER_LENGTH);
        new Footer(TableFormat.CHECKSUM_CRC32C, metaindexHandle, indexHandle, options.formatVersion()).encode(footer);
        output.writeRaw(footer.toByteArray(), footer.length());
        return properties;
    }

    private void addSizes(
            TableProperties.Builder builder,
            TableWriter.TableCounts counts,
            long dataSize,
            long indexSize,
            boolean indexKeyIsUserKey) {
        builder.number(PropertyNames.RAW_KEY_SIZE, counts.rawKeySize)
                .number(PropertyNames.RAW_VALUE_SIZE, counts.rawValueSize)
                .number(PropertyNames.DATA_SIZE, dataSize)
                .number(PropertyNames.INDEX_SIZE, indexSize)
                .number(PropertyNames.INDEX_KEY_IS_USER_KEY, indexKeyIsUserKey ? 1 : 0)
                .number(PropertyNames.INDEX_VALUE_IS_DELTA_ENCODED, 1)
                .number(PropertyNames.NUM_ENTRIES, counts.entries)
                .number(PropertyNames.NUM_DELETIONS, counts.deletions)
                .number(PropertyNames.NUM_MERGE_OPERANDS, counts.mergeOperands)
                .number(PropertyNames.NUM_RANGE_DELETIONS, counts.rangeDeletions)
                .number(PropertyNames.NUM_DATA_BLOCKS, counts.dataBlocks)
                .number(PropertyNames.TAIL_START_OFFSET, dataSize)
                .number(PropertyNames.KEY_LARGEST_SEQNO, counts.largestSequence);
    }

    private void addIdentity(TableProperties.Builder builder) {
        builder.number(PropertyNames.ORIGINAL_FILE_NUMBER, identity.originalFileNumber())
                .number(PropertyNames.COLUMN_FAMILY_ID, Integer.toUnsignedLong(identity.columnFamilyId()))
                .number(PropertyNames.CREATION_TIME, identity.creationTime())
                .number(PropertyNames.OLDEST_KEY_TIME, identity.oldestKeyTime())
                .number(PropertyNames.NEWEST_KEY_TIME, identity.fileCreationTime())
                .text(PropertyNames.COLUMN_FAMILY_NAME, identity.columnFamilyName())
                .text(PropertyNames.DB_ID, identity.dbId())
                .text(PropertyNames.DB_SESSION_ID, identity.dbSessionId())
                .text(PropertyNames.DB_HOST_ID, identity.dbHostId())
                .text(PropertyNames.BUILDER, identity.builder());
        if (identity.fileCreationTime() > 0) {
            builder.number(PropertyNames.FILE_CREATION_TIME, identity.fileCreationTime());
        }
    }

    private void addOptions(TableProperties.Builder builder) {
        MergeOperator mergeOperator = options.mergeOperator();
        PrefixExtractor prefixExtractor = options.prefixExtractor();
        builder.number(PropertyNames.FORMAT_VERSION, options.formatVersion())
                .number(PropertyNames.FIXED_KEY_LENGTH, 0)
                .fixed32(PropertyNames.INDEX_TYPE, TableFormat.INDEX_BINARY_SEARCH)
                .flag(PropertyNames.WHOLE_KEY_FILTERING, options.wholeKeyFiltering())
                .flag(PropertyNames.PREFIX_FILTERING, prefixExtractor != null)
                .text(PropertyNames.COMPARATOR, options.comparator().name())
                .text(PropertyNames.MERGE_OPERATOR, mergeOperator == null ? "nullptr" : mergeOperator.name())
                .text(PropertyNames.PREFIX_EXTRACTOR, prefixExtractor == null ? "nullptr" : prefixExtractor.name())
                .text(PropertyNames.PROPERTY_COLLECTORS, "[" + PropertyNames.BUILDER + "]")
                .text(PropertyNames.COMPRESSION, options.compression().rocksName())
                // CompressionOptionsToString in util/compression.h
                .text(
                        PropertyNames.COMPRESSION_OPTIONS,
                        "window_bits=-14; level=" + options.compressionLevel()
                                + "; strategy=0; max_dict_bytes=0; zstd_max_train_bytes=0; enabled=0; "
                                + "max_dict_buffer_bytes=0; use_zstd_dict_trainer=1; ");
    }

    private BlockHandle write(BlockBuilder block) throws IOException {
        return output.write(block.bytes(), block.length(), false);
    }

    private static Slice encode(BlockHandle handle) {
        ByteWriter bytes = new ByteWriter(20);
        handle.encode(bytes);
        return Slice.wrap(bytes.toByteArray());
    }
}
