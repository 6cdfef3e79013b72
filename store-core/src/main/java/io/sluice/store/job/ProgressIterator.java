// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.iterator.ForwardIterator;
import io.sluice.store.iterator.InternalIterator;
import java.io.IOException;
import org.agrona.DirectBuffer;

/** Counts the entries that a build reads, tells of every so many, and so lets the build be ended. Forward only. */
final class ProgressIterator implements ForwardIterator {
    private final InternalIterator entries;
    private final Report report;
    private long count;

    /** Is told how many entries were read. */
    interface Report {
        void at(long entries) throws IOException;
    }

    /** The entries stay the caller's, to close. */
    ProgressIterator(InternalIterator entries, Report report) {
        this.entries = entries;
        this.report = report;
    }

    @Override
    public boolean isValid() {
        return entries.isValid();
    }

    @Override
    public void seekToFirst() throws IOException {
        entries.seekToFirst();
        counted();
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        entries.seek(internalKey);
        counted();
    }

    @Override
    public void next() throws IOException {
        entries.next();
        counted();
    }

    @Override
    public DirectBuffer key() {
        return entries.key();
    }

    @Override
    public DirectBuffer value() {
        return entries.value();
    }

    @Override
    public void close() {
        // The entries are their opener's.
    }

    private void counted() throws IOException {
        if (entries.isValid() && ++count % TableBuild.PROGRESS_INTERVAL == 0) {
            report.at(count);
        }
    }
}
