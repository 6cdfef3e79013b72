// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.util.Set;

/** The names of properties, RocksDB's ({@code table/table_properties.cc}) and this project's. */
public final class PropertyNames {
    public static final String ORIGINAL_FILE_NUMBER = "rocksdb.original.file.number";
    public static final String RAW_KEY_SIZE = "rocksdb.raw.key.size";
    public static final String RAW_VALUE_SIZE = "rocksdb.raw.value.size";
    public static final String DATA_SIZE = "rocksdb.data.size";
    public static final String INDEX_SIZE = "rocksdb.index.size";
    public static final String INDEX_KEY_IS_USER_KEY = "rocksdb.index.key.is.user.key";
    public static final String INDEX_VALUE_IS_DELTA_ENCODED = "rocksdb.index.value.is.delta.encoded";
    public static final String NUM_ENTRIES = "rocksdb.num.entries";
    public static final String NUM_FILTER_ENTRIES = "rocksdb.num.filter_entries";
    public static final String NUM_DELETIONS = "rocksdb.deleted.keys";
    public static final String NUM_MERGE_OPERANDS = "rocksdb.merge.operands";
    public static final String NUM_RANGE_DELETIONS = "rocksdb.num.range-deletions";
    public static final String NUM_DATA_BLOCKS = "rocksdb.num.data.blocks";
    public static final String FILTER_SIZE = "rocksdb.filter.size";
    public static final String FORMAT_VERSION = "rocksdb.format.version";
    public static final String FIXED_KEY_LENGTH = "rocksdb.fixed.key.length";
    public static final String COLUMN_FAMILY_ID = "rocksdb.column.family.id";
    public static final String CREATION_TIME = "rocksdb.creation.time";
    public static final String OLDEST_KEY_TIME = "rocksdb.oldest.key.time";
    public static final String NEWEST_KEY_TIME = "rocksdb.newest.key.time";
    public static final String FILE_CREATION_TIME = "rocksdb.file.creation.time";
    public static final String TAIL_START_OFFSET = "rocksdb.tail.start.offset";
    public static final String KEY_LARGEST_SEQNO = "rocksdb.key.largest.seqno";
    public static final String DB_ID = "rocksdb.creating.db.identity";
    public static final String DB_SESSION_ID = "rocksdb.creating.session.identity";
    public static final String DB_HOST_ID = "rocksdb.creating.host.identity";
    public static final String FILTER_POLICY = "rocksdb.filter.policy";
    public static final String COMPARATOR = "rocksdb.comparator";
    public static final String MERGE_OPERATOR = "rocksdb.merge.operator";
    public static final String PREFIX_EXTRACTOR = "rocksdb.prefix.extractor.name";
    public static final String PROPERTY_COLLECTORS = "rocksdb.property.collectors";
    public static final String COLUMN_FAMILY_NAME = "rocksdb.column.family.name";
    public static final String COMPRESSION = "rocksdb.compression";
    public static final String COMPRESSION_OPTIONS = "rocksdb.compression_options";
    /** A 32-bit number; see {@code TableFormat.INDEX_*}. */
    public static final String INDEX_TYPE = "rocksdb.block.based.table.index.type";
    /** {@code 1} or {@code 0}. */
    public static final String WHOLE_KEY_FILTERING = "rocksdb.block.based.table.whole.key.filtering";
    /** {@code 1} or {@code 0}. */
    public static final String PREFIX_FILTERING = "rocksdb.block.based.table.prefix.filtering";
    /** A 64-bit number: in an ingested file, the sequence number of all its entries. */
    public static final String GLOBAL_SEQUENCE = "rocksdb.external_sst_file.global_seqno";

    /** Fixed32, in files made to be ingested only: 2 where their keys' sequence number may stand elsewhere. */
    public static final String EXTERNAL_FILE_VERSION = "rocksdb.external_sst_file.version";
    /** {@code 0} where keys had timestamps that are not in the file. */
    public static final String TIMESTAMPS_PERSISTED = "rocksdb.user.defined.timestamps.persisted";
    /** Who built the table: {@code local} or a worker's id. */
    public static final String BUILDER = "sluice.builder";

    /** Those whose value is a varint64. */
    static final Set<String> NUMBERS = Set.of(
            ORIGINAL_FILE_NUMBER,
            RAW_KEY_SIZE,
            RAW_VALUE_SIZE,
            DATA_SIZE,
            INDEX_SIZE,
            INDEX_KEY_IS_USER_KEY,
            INDEX_VALUE_IS_DELTA_ENCODED,
            NUM_ENTRIES,
            NUM_FILTER_ENTRIES,
            NUM_DELETIONS,
            NUM_MERGE_OPERANDS,
            NUM_RANGE_DELETIONS,
            NUM_DATA_BLOCKS,
            FILTER_SIZE,
            FORMAT_VERSION,
            FIXED_KEY_LENGTH,
            COLUMN_FAMILY_ID,
            CREATION_TIME,
            OLDEST_KEY_TIME,
            NEWEST_KEY_TIME,
            FILE_CREATION_TIME,
            TAIL_START_OFFSET,
            KEY_LARGEST_SEQNO);

    private PropertyNames() {}
}
