// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.iterator.ForwardIterator;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.InternalKeyOrder;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.TableReader;
import java.io.IOException;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that do not overlap as one source, each opened when its turn comes and closed behind it, so that a compaction of
 * many files holds few of them. Forward only. Used by one thread.
 */
final class SortedRunIterator implements ForwardIterator {
    private static final Logger LOGGER = LoggerFactory.getLogger(SortedRunIterator.class);

    private final List<FileMetadata> files;
    private final InternalKeyOrder order;
    private final TableOpener opener;
    private int nextFile;
    private @Nullable TableReader table;
    private @Nullable InternalIterator entries;

    /** Opens an input, which its caller closes. */
    @FunctionalInterface
    interface TableOpener {
        TableReader open(FileMetadata file) throws IOException;
    }

    /** An iterator over files in the order of their keys. */
    SortedRunIterator(List<FileMetadata> files, KeyComparator comparator, TableOpener opener) {
        this.files = files;
        this.order = new InternalKeyOrder(comparator);
        this.opener = opener;
    }

    @Override
    public boolean isValid() {
        InternalIterator here = entries;
        return here != null && here.isValid();
    }

    @Override
    public void seekToFirst() throws IOException {
        release();
        nextFile = 0;
        goOnWhileAtEnd();
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        release();
        nextFile = 0;
        while (nextFile < files.size()
                && order.compare(files.get(nextFile).largest().buffer(), internalKey) < 0) {
            nextFile++;
        }
        if (nextFile < files.size()) {
            openNext().seek(internalKey);
            goOnWhileAtEnd();
        }
    }

    @Override
    public void next() throws IOException {
        standing().next();
        goOnWhileAtEnd();
    }

    @Override
    public DirectBuffer key() {
        return standing().key();
    }

    @Override
    public DirectBuffer value() {
        return standing().value();
    }

    @Override
    public void close() {
        release();
    }

    private void goOnWhileAtEnd() throws IOException {
        while (!isValid() && nextFile < files.size()) {
            release();
            openNext().seekToFirst();
        }
    }

    private InternalIterator openNext() throws IOException {
        TableReader opened = opener.open(files.get(nextFile));
        nextFile++;
        table = opened;
        InternalIterator iterator = opened.iterator();
        entries = iterator;
        return iterator;
    }

    private InternalIterator standing() {
        InternalIterator here = entries;
        if (here == null) {
            throw new IllegalStateException("the iterator stands nowhere");
        }
        return here;
    }

    private void release() {
        InternalIterator open = entries;
        TableReader reader = table;
        entries = null;
        table = null;
        if (open != null) {
            open.close();
        }
        if (reader != null) {
            try {
                reader.close();
            } catch (IOException e) {
                LOGGER.warn("an input that was read can't be closed", e);
            }
        }
    }
}
