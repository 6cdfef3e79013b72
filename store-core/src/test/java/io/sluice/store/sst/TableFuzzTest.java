// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Whole tables: index in one block or in parts, with a hash index or first keys, filters, range deletions, dictionary, by
 * every way to read them. Each input is read as it is, and once more with its checksums turned off.
 */
class TableFuzzTest extends FuzzTarget {

    /** A compressed block of zeros has very many entries. */
    private static final int STEPS = 20_000;

    private static final int SOUGHT = 6;

    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] table : GoldenTables.all()) {
            seeds.add(GoldenTables.withoutChecksums(table));
        }
        return seeds;
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.CORRUPTION, Kind.NOT_SUPPORTED, Kind.INVALID_ARGUMENT); // another comparator
    }

    @Override
    protected void parse(byte[] input) {
        attempt(() -> read(input, TableCaching.NONE));
        byte[] unchecked = GoldenTables.withoutChecksums(input);
        attempt(() -> read(unchecked, TableCaching.NONE));
        attempt(() -> {
            try (OffHeapCache cache = new OffHeapCache(16 << 10)) {
                read(unchecked, new TableCaching(cache, 1, 7, true, false, true, Tickers.OFF));
            }
        });
    }

    private void read(byte[] table, TableCaching caching) throws IOException {
        allow(256 << 10);
        try (TableReader reader =
                TableReader.open(new CountedFile(ArrayFile.readable(table)), BytewiseComparator.INSTANCE, caching)) {
            attempt(reader::verifyChecksums);
            attempt(() -> reader.anchors(8));
            require(reader.properties().asMap() != null, "no properties");
            List<Slice> keys = new ArrayList<>();
            long[] digests = new long[2];
            boolean whole = attempt(() -> digests[0] = walk(reader, true, keys));
            whole &= attempt(() -> digests[1] = walk(reader, true, new ArrayList<>()));
            require(!whole || digests[0] == digests[1], "a second walk gives other entries");
            attempt(() -> walk(reader, false, keys));
            keys.add(Slice.copyOf(Entry.seekKey(new byte[0], 9)));
            keys.add(Slice.copyOf(Entry.seekKey(new byte[] {-1, -1}, 9)));
            for (Slice key : keys) {
                attempt(() -> seek(reader, key));
                attempt(() -> get(reader, key));
            }
            reader.takeManifestSequence(5);
            attempt(() -> walk(reader, true, new ArrayList<>()));
        }
    }

    /** Walks through the table, and keeps a few of its keys; a number that hangs on all that was there. */
    private long walk(TableReader reader, boolean isForward, List<Slice> keys) throws IOException {
        allow(64 << 10);
        CRC32C digest = new CRC32C();
        try (InternalIterator iterator = reader.iterator()) {
            if (isForward) {
                iterator.seekToFirst();
            } else {
                iterator.seekToLast();
            }
            for (int step = 0; iterator.isValid() && step < STEPS; step++) {
                DirectBuffer key = iterator.key();
                require(key.capacity() >= InternalKey.TRAILER_LENGTH, "a key without a trailer");
                Crc32c.update(digest, key, 0, key.capacity());
                Crc32c.update(digest, iterator.value(), 0, iterator.value().capacity());
                if (keys.size() < SOUGHT && step % 5 == 0) {
                    allow(key.capacity() + 128);
                    keys.add(Slice.copyOf(key));
                }
                if (isForward) {
                    iterator.next();
                } else {
                    iterator.prev();
                }
            }
        }
        return digest.getValue();
    }

    private void seek(TableReader reader, Slice key) throws IOException {
        allow(64 << 10);
        BlockReads reads = new BlockReads(true, true, false, PrefixExtractor.fixed(3));
        try (InternalIterator iterator = reader.iterator(reads, () -> {})) {
            iterator.seek(key.buffer());
            if (iterator.isValid()) {
                iterator.prev();
            }
            iterator.seekForPrev(key.buffer());
            if (iterator.isValid()) {
                iterator.next();
            }
        }
    }

    private void get(TableReader reader, Slice key) throws IOException {
        allow((64 << 10) + 4L * key.length());
        int[] visited = new int[1];
        reader.get(key.buffer(), (internalKey, value) -> visited[0]++ < 10);
        UnsafeBuffer userKey = new UnsafeBuffer(key.buffer(), 0, key.length() - InternalKey.TRAILER_LENGTH);
        reader.mayContain(userKey);
        reader.rangeTombstones().covering(key.buffer(), InternalKey.MAX_SEQUENCE);
    }

    /** Allows what reading and decompressing may take, by the bounds of the decompressor. */
    private final class CountedFile implements ReadableFile {
        private final ReadableFile file;

        private CountedFile(ReadableFile file) {
            this.file = file;
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long length() {
            return file.length();
        }

        @Override
        public void read(long position, MutableDirectBuffer target, int offset, int length) throws IOException {
            file.read(position, target, offset, length);
            allow(2048 + 8L * length);
            byte type = length < TableFormat.TRAILER_LENGTH
                    ? CompressionType.NONE.id()
                    : target.getByte(offset + length - TableFormat.TRAILER_LENGTH);
            if (type != CompressionType.NONE.id()) {
                allow(3L * TableFormat.MAX_COMPRESSIBLE_LENGTH); // what one may claim is tested elsewhere
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
