// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.Ticker;
import io.sluice.store.base.Tickers;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.MergingIterator;
import io.sluice.store.iterator.RangeTombstones;
import io.sluice.store.iterator.TruncatedTombstones;
import io.sluice.store.iterator.UserIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.sst.BlockReads;
import io.sluice.store.sst.TableBounds;
import io.sluice.store.sst.TableReader;
import io.sluice.store.write.Sequencer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way of a read: active memtable, sealed memtables, L0 from its newest file on, then one file of each level below.
 * Takes no lock.
 *
 * <p>A read takes its view first and its sequence number second: whatever the view's files hold was visible when they
 * were built, so is not above the number, and no entry that the number would have needed was dropped in building them. A
 * snapshot's number is older, but stood in the list of every build that could have dropped something of it.
 * Safe for concurrent use.
 */
final class ReadPath {
    private final Sequencer sequencer;
    private final TableCache tables;
    private final EngineStatistics statistics;
    private final ThreadLocal<ReadContext> contexts = ThreadLocal.withInitial(ReadContext::new);

    ReadPath(Sequencer sequencer, TableCache tables, EngineStatistics statistics) {
        this.sequencer = sequencer;
        this.tables = tables;
        this.statistics = statistics;
    }

    /** The value of a key, or null. */
    byte @Nullable [] get(ColumnFamily family, long snapshot, BlockReads reads, byte[] key) throws IOException {
        ReadContext context = contexts.get();
        context.key.wrap(key);
        byte[] value;
        try {
            find(family, snapshot, reads, context, null);
        } finally {
            value = context.end(); // also where a merge operator throws: the next read of this thread begins clean
        }
        return value;
    }

    /** Copies the value of a key into {@code value}; returns its length or {@link ReadContext#NOT_FOUND}. */
    int get(ColumnFamily family, long snapshot, BlockReads reads, ByteBuffer key, ByteBuffer value) throws IOException {
        ReadContext context = contexts.get();
        context.key.wrap(key, key.position(), key.remaining());
        try {
            find(family, snapshot, reads, context, value);
            return context.length();
        } finally {
            context.end();
        }
    }

    /** The values of keys, null for those that are not there, all from one view and at one sequence number. */
    List<byte @Nullable []> multiGet(ColumnFamily family, long snapshot, BlockReads reads, List<byte[]> keys)
            throws IOException {
        statistics.keysRead.add(keys.size());
        View view = family.acquireView();
        try {
            MultiGet batch = new MultiGet(tables, family, view, reads, keys);
            List<byte @Nullable []> values = batch.run(sequence(snapshot), statistics);
            countMultiGet(values);
            return values;
        } finally {
            view.release();
        }
    }

    private void countMultiGet(List<byte @Nullable []> values) {
        long found = 0;
        long bytes = 0;
        for (byte @Nullable [] value : values) {
            if (value != null) {
                found++;
                bytes += value.length;
            }
        }
        statistics.keysFound.add(found);
        Tickers tickers = statistics.tickers();
        tickers.count(Ticker.NUMBER_MULTIGET_CALLS);
        tickers.count(Ticker.NUMBER_MULTIGET_KEYS_READ, values.size());
        tickers.count(Ticker.NUMBER_MULTIGET_KEYS_FOUND, found);
        tickers.count(Ticker.NUMBER_MULTIGET_BYTES_READ, bytes);
    }

    /** An iterator over a column family as it is now or was. */
    UserIterator newIterator(ColumnFamily family, ReadSettings settings) throws IOException {
        View view = family.acquireView();
        long sequence = sequence(settings.sequence());
        PrefixExtractor prefix =
                settings.prefixSameAsStart() ? family.settings().tableOptions().prefixExtractor() : null;
        BlockReads given = settings.blocks();
        BlockReads reads = new BlockReads(
                given.fillCache(),
                given.verifyChecksums(),
                given.cacheOnly(),
                // a move to the first key goes to the lower bound, whose prefix is another than that of the keys behind
                // it
                settings.totalOrderSeek() || settings.lowerBound() != null ? null : prefix);
        List<InternalIterator> sources = new ArrayList<>();
        List<RangeTombstones> tombstones = new ArrayList<>();
        try {
            add(view.active(), sources, tombstones);
            for (Memtable memtable : view.sealed()) {
                add(memtable, sources, tombstones);
            }
            Version version = view.version();
            TableReading reading = family.tableReading();
            for (FileMetadata file : version.files(0)) {
                sources.add(tables.iterator(file, 0, reading, reads));
            }
            for (int level = 1; level < version.levelCount(); level++) {
                if (!version.files(level).isEmpty()) {
                    sources.add(new LevelIterator(tables, reading, reads, version, level));
                }
            }
            tombstones.addAll(tableTombstones(view, reading));
        } catch (IOException | RuntimeException e) {
            sources.forEach(InternalIterator::close);
            view.release();
            throw e;
        }
        Tickers tickers = statistics.tickers();
        tickers.count(Ticker.NO_ITERATOR_CREATED);
        return new UserIterator(
                new MergingIterator(family.comparator(), sources),
                family.comparator(),
                family.settings().tableOptions().mergeOperator(),
                RangeTombstones.of(tombstones),
                sequence,
                settings.lowerBound(),
                settings.upperBound(),
                prefix,
                () -> {
                    tickers.count(Ticker.NO_ITERATOR_DELETED);
                    view.release();
                });
    }

    private static void add(Memtable memtable, List<InternalIterator> sources, List<RangeTombstones> tombstones) {
        sources.add(memtable.iterator());
        FragmentedTombstones ranges = memtable.rangeTombstones();
        if (!ranges.isEmpty()) {
            tombstones.add(ranges);
        }
    }

    /** The range deletions of all of a view's tables: asked for once, since both never change. */
    private List<RangeTombstones> tableTombstones(View view, TableReading reading) throws IOException {
        List<RangeTombstones> known = view.tableTombstones();
        if (known != null) {
            return known;
        }
        List<RangeTombstones> found = new ArrayList<>();
        Version version = view.version();
        for (int level = 0; level < version.levelCount(); level++) {
            for (FileMetadata file : version.files(level)) {
                try (TableCache.Use table = tables.use(file, level, reading)) {
                    FragmentedTombstones ranges = table.reader().rangeTombstones();
                    if (!ranges.isEmpty()) {
                        found.add(
                                new TruncatedTombstones(ranges, reading.comparator(), file.smallest(), file.largest()));
                    }
                }
            }
        }
        view.tableTombstones(found);
        return found;
    }

    /** Called with the view in hand. */
    private long sequence(long snapshot) {
        return snapshot == Database.NEWEST ? sequencer.visible() : snapshot;
    }

    private void find(
            ColumnFamily family, long snapshot, BlockReads reads, ReadContext context, @Nullable ByteBuffer target)
            throws IOException {
        statistics.keysRead.increment();
        View view = family.acquireView();
        try {
            long sequence = sequence(snapshot);
            context.begin(sequence, target);
            findInMemtables(view, context, sequence);
            if (!context.isDone()) {
                findInTables(view.version(), family.tableReading(), reads, context, sequence);
            }
            context.finish(family.settings().tableOptions().mergeOperator());
            if (context.length() != ReadContext.NOT_FOUND) {
                statistics.keysFound.increment();
                statistics.tickers().count(Ticker.BYTES_READ, context.length());
            }
            statistics.countGet(context);
        } finally {
            view.release();
        }
    }

    static void findInMemtables(View view, ReadContext context, long sequence) {
        findInMemtable(view.active(), context, sequence);
        List<Memtable> sealed = view.sealed();
        for (int i = 0; i < sealed.size() && !context.isDone(); i++) {
            findInMemtable(sealed.get(i), context, sequence);
        }
        context.lookedAt(ReadContext.IN_MEMTABLE);
    }

    private static void findInMemtable(Memtable memtable, ReadContext context, long sequence) {
        UnsafeBuffer key = context.key;
        context.cover(memtable.rangeTombstones(), sequence);
        if (memtable.get(key, 0, key.capacity(), sequence, context.lookup)) {
            boolean wantsOlder = context.takeLookup();
            while (wantsOlder && memtable.getOlder(key, 0, key.capacity(), context.lookup)) {
                wantsOlder = context.takeLookup();
            }
        }
    }

    private void findInTables(
            Version version, TableReading reading, BlockReads reads, ReadContext context, long sequence)
            throws IOException {
        List<FileMetadata> newest = version.files(0);
        for (int i = 0; i < newest.size(); i++) {
            if (findInTable(tables, newest.get(i), 0, reading, reads, context, sequence)) {
                return;
            }
        }
        for (int level = 1; level < version.levelCount(); level++) {
            if (!version.files(level).isEmpty()
                    && findInLevel(tables, version, level, reading, reads, context, sequence)) {
                return;
            }
        }
    }

    /** Looks into a level below L0 that has files; whether the context is done then. */
    static boolean findInLevel(
            TableCache tables,
            Version version,
            int level,
            TableReading reading,
            BlockReads reads,
            ReadContext context,
            long sequence)
            throws IOException {
        List<FileMetadata> files = version.files(level);
        // One key's versions may reach over the border of two files.
        for (int i = version.firstFileAtOrAfter(level, context.searchKey());
                i < files.size() && startsAtOrBefore(files.get(i), version.comparator(), context.key);
                i++) {
            if (findInTable(tables, files.get(i), level, reading, reads, context, sequence)) {
                return true;
            }
        }
        return false;
    }

    /** Looks into one table; whether the context is done then. */
    static boolean findInTable(
            TableCache tables,
            FileMetadata file,
            int level,
            TableReading reading,
            BlockReads reads,
            ReadContext context,
            long sequence)
            throws IOException {
        KeyComparator comparator = reading.comparator();
        if (!startsAtOrBefore(file, comparator, context.key) || !endsAtOrAfter(file, comparator, context.key)) {
            return false;
        }
        TableCache.Use use = tables.use(file, level, reading);
        try {
            TableReader table = use.reader();
            context.cover(table.rangeTombstones(), sequence);
            table.get(context.searchKey(), context, context.scratch, reads);
            context.lookedAt(level);
            return context.isDone();
        } finally {
            use.close();
        }
    }

    private static boolean startsAtOrBefore(FileMetadata file, KeyComparator comparator, DirectBuffer key) {
        DirectBuffer first = file.smallest().buffer();
        return comparator.compare(first, 0, InternalKey.userKeyLength(first), key, 0, key.capacity()) <= 0;
    }

    private static boolean endsAtOrAfter(FileMetadata file, KeyComparator comparator, DirectBuffer key) {
        DirectBuffer last = file.largest().buffer();
        int order = comparator.compare(last, 0, InternalKey.userKeyLength(last), key, 0, key.capacity());
        return order > 0 || (order == 0 && !TableBounds.isSentinel(file.largest()));
    }
}
