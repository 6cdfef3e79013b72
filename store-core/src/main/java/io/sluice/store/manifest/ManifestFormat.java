// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

/**
 * RocksDB's version edits (db/version_edit.h). A manifest is a log of them; each is a run of tagged fields, the tag a
 * varint32:
 *
 * <pre>
 *   1    comparator           length, name               103  new file (below)
 *   2    log number           varint64                   200  column family       varint32: whose edit this is
 *   3    next file number     varint64                   201  add column family   length, name
 *   4    last sequence        varint64                   202  drop column family
 *   5    compaction cursor    level, length, key         203  max column family   varint32
 *   6    deleted file         level, varint64            300  in atomic group     varint32: edits still to come
 *   9    previous log number  varint64                   8193 db id               length, UUID
 *   10   min log number to keep  varint64
 *
 *   new file:  level, number, size, length, smallest, length, largest, smallest sequence, largest sequence,
 *              then custom fields (tag, length, bytes), then the tag 1
 * </pre>
 *
 * See docs/formats/manifest.md.
 */
public final class ManifestFormat {
    static final int COMPARATOR = 1;
    static final int LOG_NUMBER = 2;
    static final int NEXT_FILE_NUMBER = 3;
    static final int LAST_SEQUENCE = 4;
    static final int COMPACT_CURSOR = 5;
    static final int DELETED_FILE = 6;
    static final int NEW_FILE_1 = 7;
    static final int PREV_LOG_NUMBER = 9;
    static final int MIN_LOG_NUMBER_TO_KEEP = 10;
    static final int NEW_FILE_2 = 100;
    static final int NEW_FILE_3 = 102;
    static final int NEW_FILE_4 = 103;
    static final int COLUMN_FAMILY = 200;
    static final int COLUMN_FAMILY_ADD = 201;
    static final int COLUMN_FAMILY_DROP = 202;
    static final int MAX_COLUMN_FAMILY = 203;
    static final int IN_ATOMIC_GROUP = 300;
    static final int BLOB_FILE_ADDITION = 400;
    static final int BLOB_FILE_GARBAGE = 401;

    /** Tags with this bit have a length, and may be passed over by who does not know them. */
    static final int IGNORABLE_MASK = 1 << 13;

    static final int DB_ID = IGNORABLE_MASK + 1;
    /** These four have the bit, but no length: RocksDB wrote them before it gave them one. */
    static final int BLOB_FILE_ADDITION_OLD = IGNORABLE_MASK + 2;

    static final int BLOB_FILE_GARBAGE_OLD = IGNORABLE_MASK + 3;
    static final int WAL_ADDITION_OLD = IGNORABLE_MASK + 4;
    static final int WAL_DELETION_OLD = IGNORABLE_MASK + 5;

    /** Ends a file's custom fields. */
    public static final int FIELD_TERMINATE = 1;
    /** One byte: 1 where a compaction was asked for. */
    public static final int FIELD_NEED_COMPACTION = 2;
    /** Fixed64: the store's {@code MIN_LOG_NUMBER_TO_KEEP}, which older versions write here. */
    public static final int FIELD_MIN_LOG_NUMBER_TO_KEEP = 3;
    /** Varint64. */
    public static final int FIELD_OLDEST_BLOB_FILE = 4;
    /** Varint64. */
    public static final int FIELD_OLDEST_ANCESTOR_TIME = 5;
    /** Varint64. */
    public static final int FIELD_FILE_CREATION_TIME = 6;
    /** Bytes; together with {@link #FIELD_CHECKSUM_NAME} or not at all. */
    public static final int FIELD_CHECKSUM = 7;
    /** The name of the checksum's function. */
    public static final int FIELD_CHECKSUM_NAME = 8;
    /** Varint64, never 0. */
    public static final int FIELD_EPOCH_NUMBER = 13;
    /** Fields with this bit must be understood. */
    public static final int FIELD_MUST_UNDERSTAND_MASK = 1 << 6;
    /** One byte: the file's directory, where the store has several. */
    public static final int FIELD_PATH_ID = FIELD_MUST_UNDERSTAND_MASK + 1;

    /** Levels a store may have: RocksDB's default is 7; more than this is taken for damage. */
    public static final int MAX_LEVELS = 64;

    private ManifestFormat() {}
}
