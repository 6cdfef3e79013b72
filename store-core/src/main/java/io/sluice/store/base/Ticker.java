// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

/** What a store counts where {@code statistics} is on; names and meanings are those of RocksDB's tickers. */
public enum Ticker {
    /** Blocks that were not in the block cache. */
    BLOCK_CACHE_MISS("rocksdb.block.cache.miss"),
    /** Blocks that were. */
    BLOCK_CACHE_HIT("rocksdb.block.cache.hit"),
    /** Blocks that were put into it. */
    BLOCK_CACHE_ADD("rocksdb.block.cache.add"),
    /** Those of {@link #BLOCK_CACHE_MISS} that are of an index. */
    BLOCK_CACHE_INDEX_MISS("rocksdb.block.cache.index.miss"),
    /** Those of {@link #BLOCK_CACHE_HIT} that are of an index. */
    BLOCK_CACHE_INDEX_HIT("rocksdb.block.cache.index.hit"),
    /** Those of {@link #BLOCK_CACHE_MISS} that are of a filter. */
    BLOCK_CACHE_FILTER_MISS("rocksdb.block.cache.filter.miss"),
    /** Those of {@link #BLOCK_CACHE_HIT} that are of a filter. */
    BLOCK_CACHE_FILTER_HIT("rocksdb.block.cache.filter.hit"),
    /** Those of {@link #BLOCK_CACHE_MISS} that hold entries. */
    BLOCK_CACHE_DATA_MISS("rocksdb.block.cache.data.miss"),
    /** Those of {@link #BLOCK_CACHE_HIT} that hold entries. */
    BLOCK_CACHE_DATA_HIT("rocksdb.block.cache.data.hit"),
    /** Bytes of the blocks found in the block cache. */
    BLOCK_CACHE_BYTES_READ("rocksdb.block.cache.bytes.read"),
    /** Bytes of the blocks put into it. */
    BLOCK_CACHE_BYTES_WRITE("rocksdb.block.cache.bytes.write"),
    /** Gets that a whole-key filter has kept from a table. */
    BLOOM_FILTER_USEFUL("rocksdb.bloom.filter.useful"),
    /** Gets that a whole-key filter has let into a table. */
    BLOOM_FILTER_FULL_POSITIVE("rocksdb.bloom.filter.full.positive"),
    /** Those of them that found their key there; the others are false positives. */
    BLOOM_FILTER_FULL_TRUE_POSITIVE("rocksdb.bloom.filter.full.true.positive"),
    /** Gets that asked a filter which has prefixes only. */
    BLOOM_FILTER_PREFIX_CHECKED("rocksdb.bloom.filter.prefix.checked"),
    /** Those of them that it has kept from the table. */
    BLOOM_FILTER_PREFIX_USEFUL("rocksdb.bloom.filter.prefix.useful"),
    /** Those of them that found their key there. */
    BLOOM_FILTER_PREFIX_TRUE_POSITIVE("rocksdb.bloom.filter.prefix.true.positive"),
    /** Gets that a memtable has answered. */
    MEMTABLE_HIT("rocksdb.memtable.hit"),
    /** Gets that went on to the tables. */
    MEMTABLE_MISS("rocksdb.memtable.miss"),
    /** Gets whose value was in a table of L0. */
    GET_HIT_L0("rocksdb.l0.hit"),
    /** Gets whose value was in L1. */
    GET_HIT_L1("rocksdb.l1.hit"),
    /** Gets whose value was in a level below. */
    GET_HIT_L2_AND_UP("rocksdb.l2andup.hit"),
    /** Entries written. */
    NUMBER_KEYS_WRITTEN("rocksdb.number.keys.written"),
    /** Gets. */
    NUMBER_KEYS_READ("rocksdb.number.keys.read"),
    /** Bytes of the keys and values written. */
    BYTES_WRITTEN("rocksdb.bytes.written"),
    /** Bytes of the values that gets found. */
    BYTES_READ("rocksdb.bytes.read"),
    /** Calls of multiGet. */
    NUMBER_MULTIGET_CALLS("rocksdb.number.multiget.get"),
    /** Keys that they asked for. */
    NUMBER_MULTIGET_KEYS_READ("rocksdb.number.multiget.keys.read"),
    /** Keys that they found. */
    NUMBER_MULTIGET_KEYS_FOUND("rocksdb.number.multiget.keys.found"),
    /** Bytes of the values that they found. */
    NUMBER_MULTIGET_BYTES_READ("rocksdb.number.multiget.bytes.read"),
    /** Iterators opened. */
    NO_ITERATOR_CREATED("rocksdb.num.iterator.created"),
    /** Iterators closed. */
    NO_ITERATOR_DELETED("rocksdb.num.iterator.deleted"),
    /** Tables opened for reads. */
    NO_FILE_OPENS("rocksdb.no.file.opens"),
    /** The time that writes waited, summed over writers, µs. */
    STALL_MICROS("rocksdb.stall.micros"),
    /** Writes that were logged. */
    WRITE_WITH_WAL("rocksdb.write.wal"),
    /** Syncs of a write-ahead log. */
    WAL_FILE_SYNCED("rocksdb.wal.synced"),
    /** Bytes appended to write-ahead logs. */
    WAL_FILE_BYTES("rocksdb.wal.bytes"),
    /** Bytes of the tables that compactions in this process read. */
    COMPACT_READ_BYTES("rocksdb.compact.read.bytes"),
    /** Bytes of the tables that compactions in this process wrote. */
    COMPACT_WRITE_BYTES("rocksdb.compact.write.bytes"),
    /** Bytes of the tables that compactions elsewhere read. */
    REMOTE_COMPACT_READ_BYTES("rocksdb.remote.compact.read.bytes"),
    /** Bytes of the tables that compactions elsewhere wrote. */
    REMOTE_COMPACT_WRITE_BYTES("rocksdb.remote.compact.write.bytes"),
    /** Bytes of the tables that flushes wrote. */
    FLUSH_WRITE_BYTES("rocksdb.flush.write.bytes");

    private final String tickerName;

    Ticker(String tickerName) {
        this.tickerName = tickerName;
    }

    /** RocksDB's name. */
    public String tickerName() {
        return tickerName;
    }
}
