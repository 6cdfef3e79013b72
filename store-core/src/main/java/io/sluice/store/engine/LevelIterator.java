// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import io.sluice.store.sst.BlockReads;
import java.io.IOException;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The files of a level below L0 as one source: they follow each other, so that one is open at a time, when it is needed.
 * The version must be held until this is closed. Used by one thread.
 */
final class LevelIterator implements InternalIterator {
    private final TableCache tables;
    private final TableReading reading;
    private final BlockReads reads;
    private final Version version;
    private final int level;
    private final List<FileMetadata> files;
    private int place;
    private @Nullable InternalIterator current;

    LevelIterator(TableCache tables, TableReading reading, BlockReads reads, Version version, int level) {
        this.tables = tables;
        this.reading = reading;
        this.reads = reads;
        this.version = version;
        this.level = level;
        this.files = version.files(level);
        this.place = files.size();
    }

    @Override
    public boolean isValid() {
        InternalIterator here = current;
        return here != null && here.isValid();
    }

    @Override
    public void seekToFirst() throws IOException {
        if (open(0)) {
            standing().seekToFirst();
            goOnWhileAtEnd();
        }
    }

    @Override
    public void seekToLast() throws IOException {
        if (open(files.size() - 1)) {
            standing().seekToLast();
            goBackWhileAtEnd();
        }
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        if (open(version.firstFileAtOrAfter(level, internalKey))) {
            standing().seek(internalKey);
            goOnWhileAtEnd();
        }
    }

    @Override
    public void seekForPrev(DirectBuffer internalKey) throws IOException {
        int first = version.firstFileAtOrAfter(level, internalKey);
        if (open(Math.min(first, files.size() - 1))) {
            standing().seekForPrev(internalKey);
            goBackWhileAtEnd();
        }
    }

    @Override
    public void next() throws IOException {
        standing().next();
        goOnWhileAtEnd();
    }

    @Override
    public void prev() throws IOException {
        standing().prev();
        goBackWhileAtEnd();
    }

    @Override
    public boolean skipForward(DirectBuffer internalKey, long sequence) throws IOException {
        boolean moved = standing().skipForward(internalKey, sequence);
        goOnWhileAtEnd();
        return moved;
    }

    @Override
    public boolean skipBackward(DirectBuffer internalKey, long sequence) throws IOException {
        boolean moved = standing().skipBackward(internalKey, sequence);
        goBackWhileAtEnd();
        return moved;
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
        place = files.size();
        InternalIterator open = current;
        current = null;
        if (open != null) {
            open.close();
        }
    }

    private void goOnWhileAtEnd() throws IOException {
        while (!isValid() && open(place + 1)) {
            standing().seekToFirst();
        }
    }

    private void goBackWhileAtEnd() throws IOException {
        while (!isValid() && open(place - 1)) {
            standing().seekToLast();
        }
    }

    /** Turns to a file; false, and then to none, where there is no such place. */
    private boolean open(int index) throws IOException {
        if (index < 0 || index >= files.size()) {
            close();
            return false;
        }
        if (index != place || current == null) {
            close();
            current = tables.iterator(files.get(index), level, reading, reads);
            place = index;
        }
        return true;
    }

    private InternalIterator standing() {
        InternalIterator here = current;
        if (here == null) {
            throw new IllegalStateException("the iterator stands nowhere");
        }
        return here;
    }
}
