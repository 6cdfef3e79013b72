// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

/**
 * RocksDB's block-based table, as far as it is fixed by constants ({@code table/format.h}, {@code table/format.cc});
 * {@code docs/formats/sst.md} tells it whole.
 *
 * <pre>
 *   0        +---------------------------------------------+
 *            | data blocks, each with a trailer            |
 *            | filter block, index block, properties block |  the order in which this project writes them
 *            | metaindex block: name -> handle             |
 *   n - 53   +---------------------------------------------+
 *            | footer                                      |
 *   n        +---------------------------------------------+
 *
 *   trailer: | compression type u8 | checksum u32 of contents and type |
 *   handle:  | offset varint64 | length varint64, without the trailer |
 *   footer:  | checksum type u8 | metaindex handle, index handle, zeros to 40 | format version u32 | magic u64 |
 * </pre>
 */
final class TableFormat {
    /** The last eight bytes of a table of format version 1 and up. */
    static final long MAGIC = 0x88e241b785f4cff7L;
    /** The last eight bytes of a table of format version 0. */
    static final long LEGACY_MAGIC = 0xdb4775248b80fb57L;

    static final int FOOTER_LENGTH = 53;
    static final int FOOTER_HANDLES_LENGTH = 40;
    static final int TRAILER_LENGTH = 5;

    /** The version that is written. */
    static final int WRITTEN_VERSION = 5;

    static final int MIN_READ_VERSION = 2;
    static final int MAX_READ_VERSION = 5;

    static final byte CHECKSUM_NONE = 0;
    static final byte CHECKSUM_CRC32C = 1;
    static final byte CHECKSUM_XXHASH = 2;
    static final byte CHECKSUM_XXHASH64 = 3;
    static final byte CHECKSUM_XXH3 = 4;

    static final String PROPERTIES_BLOCK = "rocksdb.properties";
    static final String RANGE_DELETIONS_BLOCK = "rocksdb.range_del";
    static final String DICTIONARY_BLOCK = "rocksdb.compression_dict";
    /** RocksDB's built-in filters all go by this name, whatever their kind. */
    static final String FILTER_BLOCK = "fullfilter.rocksdb.BuiltinBloomFilter";

    /** The index is one block, searched by halving. */
    static final int INDEX_BINARY_SEARCH = 0;
    /** As {@link #INDEX_BINARY_SEARCH}, with a hash index beside it that a reader may pass over. */
    static final int INDEX_HASH_SEARCH = 1;

    /** In a block's last four bytes: a hash index stands between restarts and count. */
    static final int HASH_INDEX_FLAG = 1 << 31;

    /**
     * The longest block that is compressed, and so the most that a compressed block may claim to hold. RocksDB has no
     * such bound; it keeps a forged length from exhausting memory.
     */
    static final int MAX_COMPRESSIBLE_LENGTH = 256 << 20;

    /** The type in a shortened separator: RocksDB's {@code kValueTypeForSeek} since 8.10. */
    static final byte SEPARATOR_TYPE = 0x18;

    private TableFormat() {}
}
