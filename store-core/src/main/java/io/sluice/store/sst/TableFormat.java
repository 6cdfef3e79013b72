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
 *
 * <p>From format version 6 on the footer is
 *
 * <pre>
 *   | checksum type u8 | 3e 00 7a 00 | checksum of the footer u32 | base context u32 | metaindex length u32 |
 *   | 16 bytes passed over | zeros u64 | format version u32 | magic u64 |
 * </pre>
 *
 * the metaindex stands right before it, the index is named in the metaindex, and a modifier that hangs on the base
 * context and a block's offset is added to each checksum.
 */
final class TableFormat {
    /** The last eight bytes of a table of format version 1 and up. */
    static final long MAGIC = 0x88e241b785f4cff7L;
    /** The last eight bytes of a table of format version 0. */
    static final long LEGACY_MAGIC = 0xdb4775248b80fb57L;
    /** The same of RocksDB's tables of other kinds ({@code table/plain}, {@code table/cuckoo}), which are not read. */
    static final long PLAIN_TABLE_MAGIC = 0x8242229663bf9564L;
    /** See {@link #PLAIN_TABLE_MAGIC}. */
    static final long LEGACY_PLAIN_TABLE_MAGIC = 0x4f3418eb7a8f13b8L;
    /** See {@link #PLAIN_TABLE_MAGIC}. */
    static final long CUCKOO_TABLE_MAGIC = 0x926789d0c5f17873L;

    static final int FOOTER_LENGTH = 53;
    static final int FOOTER_HANDLES_LENGTH = 40;
    static final int TRAILER_LENGTH = 5;

    /** The version that is written. */
    static final int WRITTEN_VERSION = 5;

    static final int MIN_READ_VERSION = 2;
    static final int MAX_READ_VERSION = 7;
    /** From this version on the footer is extended, and checksums depend on where a block is. */
    static final int CONTEXT_CHECKSUM_VERSION = 6;
    /** From this version on the compression property is {@code manager;types;}. */
    static final int COMPRESSION_MANAGER_VERSION = 7;
    /** The bytes 3e 00 7a 00. */
    static final int EXTENDED_MAGIC = 0x007a003e;

    static final byte CHECKSUM_NONE = 0;
    static final byte CHECKSUM_CRC32C = 1;
    static final byte CHECKSUM_XXHASH = 2;
    static final byte CHECKSUM_XXHASH64 = 3;
    static final byte CHECKSUM_XXH3 = 4;

    static final String PROPERTIES_BLOCK = "rocksdb.properties";
    static final String RANGE_DELETIONS_BLOCK = "rocksdb.range_del";
    static final String DICTIONARY_BLOCK = "rocksdb.compression_dict";
    /** Where the index is, from {@link #CONTEXT_CHECKSUM_VERSION} on. */
    static final String INDEX_BLOCK = "rocksdb.index";
    /** RocksDB's built-in filters all go by this name, whatever their kind. */
    static final String FILTER_BLOCK = "fullfilter.rocksdb.BuiltinBloomFilter";
    /** An index of filters, each of the keys up to its separator. */
    static final String PARTITIONED_FILTER_BLOCK = "partitionedfilter.rocksdb.BuiltinBloomFilter";

    /** The index is one block, searched by halving. */
    static final int INDEX_BINARY_SEARCH = 0;
    /** As {@link #INDEX_BINARY_SEARCH}, with a hash index beside it that a reader may pass over. */
    static final int INDEX_HASH_SEARCH = 1;
    /** An index of indexes. */
    static final int INDEX_TWO_LEVEL = 2;
    /** As {@link #INDEX_BINARY_SEARCH}; behind each handle stands the block's first key. */
    static final int INDEX_WITH_FIRST_KEY = 3;

    /** In a block's last four bytes: a hash index stands between restarts and count. */
    static final int HASH_INDEX_FLAG = 1 << 31;
    /** There: keys are spread evenly, a hint for searches. */
    static final int UNIFORM_KEYS_FLAG = 1 << 29;
    /** There: values stand apart, behind the keys; where they begin is told in the four bytes before. */
    static final int SEPARATED_VALUES_FLAG = 1 << 28;
    /** The restart points that a block can have: the bits above are flags. */
    static final int MAX_RESTARTS = (1 << 28) - 1;

    /**
     * The longest block that is compressed, and so the most that a compressed block may claim to hold. RocksDB has no
     * such bound; it keeps a forged length from exhausting memory.
     */
    static final int MAX_COMPRESSIBLE_LENGTH = 256 << 20;

    /** The type in a shortened separator: RocksDB's {@code kValueTypeForSeek} since 8.10. */
    static final byte SEPARATOR_TYPE = 0x18;

    private TableFormat() {}
}
