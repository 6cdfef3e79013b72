// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.Tickers;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.Storage;
import io.sluice.store.wal.LogWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a store's logs, one ahead of need. Safe for concurrent use; whoever wants a log while one is being made waits for
 * that.
 */
final class LogSupply {
    private static final Logger LOGGER = LoggerFactory.getLogger(LogSupply.class);
    private static final int MAX_ATTEMPTS = 10;

    private final Storage storage;
    private final Epoch epoch;
    private final LongSupplier fileNumbers;
    private final Tickers tickers;

    @GuardedBy("this")
    private @Nullable LogFile reserve;

    @GuardedBy("this")
    private boolean closed;

    LogSupply(Storage storage, Epoch epoch, LongSupplier fileNumbers, Tickers tickers) {
        this.storage = storage;
        this.epoch = epoch;
        this.fileNumbers = fileNumbers;
        this.tickers = tickers;
    }

    /** Makes a log for {@link #take}, unless there is one. */
    synchronized void prepare() {
        if (reserve == null && !closed) {
            try {
                reserve = create();
            } catch (IOException e) {
                LOGGER.warn("the next log could not be prepared; the writer that needs it tries again", e);
            }
        }
    }

    /** A new log, which is the caller's. */
    synchronized LogFile take() throws IOException {
        LogFile taken = reserve;
        reserve = null;
        return taken == null ? create() : taken;
    }

    /** Prepares nothing any more; the log that nobody has taken, or null. */
    synchronized @Nullable LogFile close() {
        closed = true;
        LogFile unused = reserve;
        reserve = null;
        return unused;
    }

    /**
     * A new log, durable under its name. An interrupt, which ends a call to HDFS, is kept for later, and another log made: the
     * writes of a whole group may wait for it.
     *
     * @throws IOException also where call after call says that it was interrupted
     */
    private LogFile create() throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            for (int attempt = 1; ; attempt++) {
                long number = fileNumbers.getAsLong();
                String name = FileNames.wal(number);
                LogWriter writer = null;
                try {
                    writer = new LogWriter(epoch.create(name));
                    epoch.publish(name, name);
                    return new LogFile(number, writer, tickers);
                } catch (IOException e) {
                    boolean again = isOfInterrupt(e) && attempt < MAX_ATTEMPTS;
                    delete(name, writer, e);
                    interrupted |= again;
                    if (!again) {
                        throw e;
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether an interrupt, which is cleared, ended a call. */
    private static boolean isOfInterrupt(IOException e) {
        boolean interrupted = Thread.interrupted();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            interrupted |= cause instanceof ClosedByInterruptException
                    || (cause instanceof InterruptedIOException && !(cause instanceof SocketTimeoutException));
        }
        return interrupted;
    }

    /** Where it was born only: under its own name it may be another owner's by now. */
    private void delete(String name, @Nullable LogWriter writer, IOException cause) {
        try {
            if (writer != null) {
                writer.close();
            }
            storage.delete(epoch.born(name));
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
