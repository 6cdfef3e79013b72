// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.MergingIterator;
import io.sluice.store.iterator.UserIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.write.Sequencer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way of a read: active memtable, sealed memtables, L0 from its newest file on, then one file of each level below.
 * Takes no lock.
 *
 * <p>A read takes its view first and its sequence number second: whatever the view's files hold was visible when they
 * were built, so is not above the number, and no entry that the number would have needed was dropped in building them.
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
    byte @Nullable [] get(ColumnFamily family, byte[] key) throws IOException {
        ReadContext context = contexts.get();
        context.key.wrap(key);
        try {
            find(family, context, null);
        } catch (IOException e) {
            context.end();
            throw e;
        }
        return context.end();
    }

    /** Copies the value of a key into {@code value}; returns its length or {@link ReadContext#NOT_FOUND}. */
    int get(ColumnFamily family, ByteBuffer key, ByteBuffer value) throws IOException {
        ReadContext context = contexts.get();
        context.key.wrap(key, key.position(), key.remaining());
        try {
            find(family, context, value);
            return context.length();
        } finally {
            context.end();
        }
    }

    /** An iterator over a column family as it is now, between the bounds. */
    UserIterator newIterator(ColumnFamily family, @Nullable DirectBuffer lowerBound, @Nullable DirectBuffer upperBound)
            throws IOException {
        View view = family.acquireView();
        long sequence = sequencer.visible();
        List<InternalIterator> sources = new ArrayList<>();
        try {
            sources.add(view.active().iterator());
            for (Memtable memtable : view.sealed()) {
                sources.add(memtable.iterator());
            }
            Version version = view.version();
            for (int level = 0; level < version.levelCount(); level++) {
                for (FileMetadata file : version.files(level)) {
                    sources.add(tables.get(file, family.comparator()).iterator());
                }
            }
        } catch (IOException | RuntimeException e) {
            sources.forEach(InternalIterator::close);
            view.release();
            throw e;
        }
        return new UserIterator(
                new MergingIterator(family.comparator(), sources),
                family.comparator(),
                sequence,
                lowerBound,
                upperBound,
                view::release);
    }

    private void find(ColumnFamily family, ReadContext context, @Nullable ByteBuffer target) throws IOException {
        statistics.keysRead.increment();
        View view = family.acquireView();
        try {
            long sequence = sequencer.visible();
            context.begin(sequence, target);
            if (!findInMemtables(view, context, sequence)) {
                findInTables(view.version(), context);
            }
            if (context.length() != ReadContext.NOT_FOUND) {
                statistics.keysFound.increment();
            }
        } finally {
            view.release();
        }
    }

    private static boolean findInMemtables(View view, ReadContext context, long sequence) throws IOException {
        if (findInMemtable(view.active(), context, sequence)) {
            return true;
        }
        List<Memtable> sealed = view.sealed();
        for (int i = 0; i < sealed.size(); i++) {
            if (findInMemtable(sealed.get(i), context, sequence)) {
                return true;
            }
        }
        return false;
    }

    private static boolean findInMemtable(Memtable memtable, ReadContext context, long sequence) throws IOException {
        if (!memtable.get(context.key, 0, context.key.capacity(), sequence, context.lookup)) {
            return false;
        }
        context.takeLookup();
        return true;
    }

    private void findInTables(Version version, ReadContext context) throws IOException {
        List<FileMetadata> newest = version.files(0);
        for (int i = 0; i < newest.size(); i++) {
            if (findInTable(newest.get(i), version, context)) {
                return;
            }
        }
        for (int level = 1; level < version.levelCount(); level++) {
            List<FileMetadata> files = version.files(level);
            if (files.isEmpty()) {
                continue;
            }
            // One key's versions may reach over the border of two files.
            for (int i = version.firstFileAtOrAfter(level, context.searchKey());
                    i < files.size() && startsAtOrBefore(files.get(i), version.comparator(), context.key);
                    i++) {
                if (findInTable(files.get(i), version, context)) {
                    return;
                }
            }
        }
    }

    private boolean findInTable(FileMetadata file, Version version, ReadContext context) throws IOException {
        KeyComparator comparator = version.comparator();
        if (!startsAtOrBefore(file, comparator, context.key) || !endsAtOrAfter(file, comparator, context.key)) {
            return false;
        }
        if (!tables.get(file, comparator).get(context.searchKey(), context)) {
            return false;
        }
        context.checkType();
        return true;
    }

    private static boolean startsAtOrBefore(FileMetadata file, KeyComparator comparator, DirectBuffer key) {
        DirectBuffer first = file.smallest().buffer();
        return comparator.compare(first, 0, InternalKey.userKeyLength(first), key, 0, key.capacity()) <= 0;
    }

    private static boolean endsAtOrAfter(FileMetadata file, KeyComparator comparator, DirectBuffer key) {
        DirectBuffer last = file.largest().buffer();
        return comparator.compare(last, 0, InternalKey.userKeyLength(last), key, 0, key.capacity()) >= 0;
    }
}
