// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The manifest in force, and its successors: a new one is begun where the present one has grown too long, or an append
 * to it has failed. Used by one thread at a time but for {@link #isUncertain}.
 */
final class ManifestLog implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ManifestLog.class);

    private final Storage storage;
    private final Epoch epoch;
    private final long maxLength;
    private final LongSupplier fileNumbers;
    private ManifestWriter writer;
    private volatile boolean uncertain;

    private ManifestLog(Storage storage, Epoch epoch, long maxLength, LongSupplier fileNumbers, ManifestWriter writer) {
        this.storage = storage;
        this.epoch = epoch;
        this.maxLength = maxLength;
        this.fileNumbers = fileNumbers;
        this.writer = writer;
    }

    /**
     * Begins a manifest with a state and puts it in force.
     *
     * @param fileNumbers gives the numbers of its successors
     */
    static ManifestLog begin(
            Storage storage, Epoch epoch, long maxLength, LongSupplier fileNumbers, long number, ManifestState state)
            throws IOException {
        ManifestWriter writer = ManifestWriter.create(storage, epoch, number, state);
        try {
            writer.install();
        } catch (IOException e) {
            closeQuietly(writer, e);
            throw e;
        }
        return new ManifestLog(storage, epoch, maxLength, fileNumbers, writer);
    }

    /** The number of the manifest in force. */
    long number() {
        return writer.number();
    }

    /** Whether an append failed and no manifest without it is in force yet. */
    boolean isUncertain() {
        return uncertain;
    }

    /**
     * Appends edits, together or not at all, and makes them durable.
     *
     * @param present tells the state without them, for a new manifest, once that has its number
     */
    void append(List<VersionEdit> edits, Supplier<ManifestState> present) throws IOException {
        if (uncertain || writer.length() > maxLength) {
            roll(present);
        }
        try {
            writer.append(edits);
        } catch (IOException e) {
            uncertain = true;
            IOException error = epoch.fencedOr(e);
            rollAfter(error, present);
            throw error;
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }

    private void roll(Supplier<ManifestState> present) throws IOException {
        long number = fileNumbers.getAsLong();
        ManifestWriter fresh = ManifestWriter.create(storage, epoch, number, present.get());
        try {
            fresh.install();
        } catch (IOException e) {
            uncertain = true; // which of the two CURRENT names; they say the same as long as neither grows
            closeQuietly(fresh, e);
            throw e;
        }
        ManifestWriter old = writer;
        writer = fresh;
        uncertain = false;
        try {
            old.close();
            storage.delete(FileNames.manifest(old.number()));
        } catch (IOException e) {
            LOGGER.warn("the manifest {} is not in force any more, but can't be deleted", old.number(), e);
        }
    }

    private void rollAfter(IOException error, Supplier<ManifestState> present) {
        if (error instanceof StoreException s && s.kind() == Kind.FENCED) {
            return;
        }
        try {
            roll(present);
        } catch (IOException e) {
            error.addSuppressed(e);
        }
    }

    private static void closeQuietly(ManifestWriter writer, IOException cause) {
        try {
            writer.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
