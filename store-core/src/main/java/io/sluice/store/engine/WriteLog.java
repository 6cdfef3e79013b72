// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.Tickers;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.storage.Storage;
import io.sluice.store.write.Batch;
import io.sluice.store.write.CommitQueue;
import io.sluice.store.write.CommitRequest;
import io.sluice.store.write.LogMarker;
import io.sluice.store.write.Sequencer;
import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The write-ahead logs of an open store: the current one, the retired ones whose entries are not all in tables yet, and
 * one in reserve, so that beginning a new log costs a writer nothing.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>The current log is used by the leader of the commit queue only. Records stand in the order of their numbers.
 *   <li>A memtable is told of a log before the first of its entries is appended to it. So whoever reads {@link
 *       #numberBound()} first, and the memtables' logs then, misses no log that has entries which are in no table.
 *   <li>A log takes no entries after {@link #retireAfter} was told its number, save of writes that had joined by then: a
 *       memtable that is shown after that has none in it.
 *   <li>After a failed append or sync nothing is appended any more, until {@link #restart} has begun a new log: behind a
 *       torn record nothing acknowledged would be found. {@link #settleUpTo}, which is no leader, tells of a failure when the
 *       group that was under way has ended: its thread finds the memtables' logs as they stay.
 *   <li>A sync makes all logs durable, oldest first, not the current one alone. Without it the disk may have a log's
 *       beginning sooner than the end of the one before: then the log's marker tells recovery where to stop.
 * </ul>
 *
 * <p>Safe for concurrent use.
 */
final class WriteLog {
    private static final Logger LOGGER = LoggerFactory.getLogger(WriteLog.class);

    private final Storage storage;
    private final Epoch epoch;
    private final LogSupply supply;
    private final Sequencer sequencer;
    private final EngineSettings settings;
    private final ExecutorService background;
    private final Listener listener;
    private final CommitQueue queue = new CommitQueue(this::commitGroup);
    private final ConcurrentLinkedDeque<LogFile> retired = new ConcurrentLinkedDeque<>();
    private final AtomicLong retireAfter = new AtomicLong();
    private final AtomicLong retiredLength = new AtomicLong();
    private final Object change = new Object();
    private final Object room = new Object();

    private volatile LogFile current;
    /** What the current log is to say of the one before, once it gets its first record. The leader's. */
    private @Nullable LogMarker marker;

    private volatile @Nullable StoreException failure;
    private volatile long limit;
    private volatile long limitTold;

    /** Told of what happens here, by threads that must go on at once. */
    interface Listener {
        /** The log failed; told once. */
        void onFailure(StoreException cause);

        /** The logs together are longer than {@link #limit}. */
        void onOverLimit();

        /** A log was retired, so that it may be deleted. */
        void onRetired();
    }

    /**
     * The logs of a store; creates the first.
     *
     * @param fileNumbers numbers for new files, ascending
     * @param background prepares and settles logs; one thread, the caller's
     */
    WriteLog(
            Storage storage,
            Epoch epoch,
            LongSupplier fileNumbers,
            Sequencer sequencer,
            EngineSettings settings,
            Tickers tickers,
            ExecutorService background,
            Listener listener)
            throws IOException {
        this.storage = storage;
        this.epoch = epoch;
        this.sequencer = sequencer;
        this.settings = settings;
        this.background = background;
        this.listener = listener;
        this.supply = new LogSupply(storage, epoch, fileNumbers, tickers);
        this.current = supply.take();
    }

    /** Commits a write, or a flush or sync alone; throws where it failed. The request has its numbers then, or none. */
    void commit(CommitRequest request) throws StoreException {
        queue.commit(request);
        Throwable error = request.error();
        if (error != null) {
            StoreException cause = asStoreException(error); // the whole group's: each member throws one of its own
            throw new StoreException(
                    cause.kind(), "write.log", "the write-ahead log failed: " + cause.getMessage(), cause);
        }
    }

    /** Hands what was written to the operating system, or makes it durable too. */
    void flush(boolean sync) throws StoreException {
        CommitRequest request = new CommitRequest();
        request.prepare(null, sync, true);
        commit(request);
    }

    /** The number of the oldest log that entries to come may stand in. */
    long numberBound() {
        synchronized (change) {
            return failure == null ? current.number() : current.number() + 1;
        }
    }

    /** Says that the log of this number, and those before, are to take no more entries. Returns at once. */
    void retireAfter(long number) {
        if (number != 0 && retireAfter.accumulateAndGet(number, Math::max) == number) {
            inBackground(this::retireSoon);
        }
    }

    /**
     * Makes logs up to this number durable.
     *
     * @return false where a log has failed: what it holds can't be made durable by any means
     */
    boolean settleUpTo(long number) throws IOException {
        if (failure == null && current.number() <= number) {
            retireAfter.accumulateAndGet(number, Math::max);
            try {
                flush(false);
            } catch (StoreException e) {
                if (failure == null) {
                    throw e; // there is no next log yet
                }
            }
        }
        if (failure != null) {
            return false;
        }
        for (LogFile log : retired) {
            if (log.number() <= number) {
                try {
                    log.settle();
                } catch (IOException e) {
                    var unused = fail(e);
                    awaitGroups();
                    return false;
                }
            }
        }
        return true;
    }

    /** Returns when the group that is under way has ended, and those that wait have too. */
    void awaitGroups() {
        try {
            flush(false);
        } catch (StoreException failed) {
            LOGGER.debug("the groups before have ended", failed);
        }
    }

    /** Deletes the logs below this number, which nothing needs any more. */
    void deleteBelow(long number) {
        boolean any = false;
        for (LogFile log : retired) {
            if (log.number() < number && retired.remove(log)) {
                retiredLength.addAndGet(-log.length());
                delete(log);
                any = true;
            }
        }
        if (any) {
            wake();
        }
    }

    private void delete(LogFile log) {
        try {
            log.close();
        } catch (IOException e) {
            LOGGER.debug("the log {} can't be closed before it is deleted", log.name(), e);
        }
        try {
            storage.delete(log.name());
        } catch (IOException e) {
            LOGGER.warn("the log {} is not needed any more, but can't be deleted", log.name(), e);
        }
    }

    /** Bytes of all logs. */
    long totalLength() {
        return retiredLength.get() + current.length();
    }

    /** The number of the oldest log. */
    long oldestNumber() {
        LogFile oldest = retired.peekFirst();
        return oldest == null ? current.number() : oldest.number();
    }

    /** Whether the logs are so long that writes wait until one can go. */
    boolean isFull() {
        long most = limit;
        return most > 0 && totalLength() > 2 * most;
    }

    /** Waits until {@link #isFull()} is over, or the store takes no writes. */
    void awaitRoom(Health health) throws StoreException {
        try {
            synchronized (room) {
                while (isFull()) {
                    health.checkWritable();
                    listener.onOverLimit(); // each time: that the oldest log went may not be enough
                    room.wait();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(
                    Kind.BUSY, "store.interrupted", "the thread was interrupted while it waited for the log", e);
        }
    }

    /** Makes all who wait look again. */
    void wake() {
        synchronized (room) {
            room.notifyAll();
        }
    }

    /** Why nothing can be logged, or null. */
    @Nullable
    StoreException failure() {
        return failure;
    }

    /** Sets {@code max_total_wal_size}, in bytes; 0 for no limit. */
    void limit(long bytes) {
        limit = bytes;
        wake();
    }

    /**
     * Goes on with a new log after a failure, and deletes those before.
     *
     * @param needed the oldest log that recovery needs: none of those there are, or a crash would lose what is logged from
     *     now on
     */
    void restart(long needed) throws IOException {
        if (needed <= current.number()) {
            throw new IllegalStateException("the log " + current.name() + " has failed, and is still needed");
        }
        LogFile fresh = supply.take();
        LogFile failed = current;
        deleteBelow(needed);
        synchronized (change) {
            current = fresh;
            marker = null;
            failure = null;
        }
        delete(failed); // never among the retired: nobody is to sync it again
        wake();
    }

    /**
     * Closes all logs. Nobody commits any more.
     *
     * @param sync whether to make durable what was logged
     */
    void close(boolean sync) throws IOException {
        synchronized (change) {
            LogFile unused = supply.close();
            if (unused != null) {
                delete(unused);
            }
        }
        IOException error = null;
        for (LogFile log : retired) {
            error = end(log, sync, error);
        }
        error = end(current, sync, error);
        if (error != null && sync) {
            throw epoch.fencedOr(error);
        }
    }

    private static @Nullable IOException end(LogFile log, boolean sync, @Nullable IOException before) {
        IOException error = before;
        try {
            if (sync) {
                log.settle();
            }
        } catch (IOException e) {
            error = before == null ? e : before;
        }
        try {
            log.close();
        } catch (IOException e) {
            error = error == null ? e : error;
        }
        return error;
    }

    /** The committer: called by the leader of a group. */
    private void commitGroup(CommitRequest first, CommitRequest last) throws IOException {
        StoreException failed = failure;
        if (failed != null) {
            throw failed;
        }
        long sequence = takeNumbers(first, last);
        LogFile next =
                current.number() <= retireAfter.get() ? supply.take() : null; // where that fails the log is sound yet
        try {
            if (next != null) {
                roll(next);
            }
            append(first, last, sequence);
        } catch (IOException | RuntimeException | Error e) {
            throw fail(e);
        }
        tellOfLength();
    }

    /** Numbers first: they are to be published whatever happens. Returns the first. */
    private long takeNumbers(CommitRequest first, CommitRequest last) throws StoreException {
        long total = 0;
        for (CommitRequest request = first; ; request = request.next()) {
            Batch batch = request.batch();
            total += batch == null ? 0 : batch.count();
            if (request == last) {
                break;
            }
        }
        if (total == 0) {
            return sequencer.visible() + 1;
        }
        long start = sequencer.take(Math.toIntExact(total));
        long next = start;
        for (CommitRequest request = first; ; request = request.next()) {
            Batch batch = request.batch();
            if (batch != null) {
                request.sequence(next);
                next += batch.count();
            }
            if (request == last) {
                return start;
            }
        }
    }

    private void append(CommitRequest first, CommitRequest last, long sequence) throws IOException {
        LogFile log = current;
        boolean isNew = log.length() == 0;
        boolean sync = false;
        boolean flush = !settings.manualWalFlush();
        for (CommitRequest request = first; ; request = request.next()) {
            Batch batch = request.batch();
            if (batch != null) {
                if (marker != null) {
                    log.appendMarker(marker, sequence);
                    marker = null;
                }
                request.logging(log.number());
                log.append(request.sequence(), batch.count(), batch.buffer(), batch.length());
            }
            sync |= request.sync();
            flush |= request.flush();
            if (request == last) {
                break;
            }
        }
        long step = settings.walBytesPerSync();
        if (sync) {
            for (LogFile old : retired) {
                old.syncRetired(); // an interrupt of this thread may end a close
            }
            log.sync();
        } else if (step > 0 && log.unsyncedLength() >= step) {
            log.sync();
        } else if (flush) {
            log.flush();
        }
        if (isNew && log.length() > 0) {
            inBackground(this::prepareReserve);
        }
    }

    /** Goes on in the next log. */
    private void roll(LogFile next) throws IOException {
        LogFile old = current;
        old.flush();
        synchronized (change) {
            retire(old);
            current = next;
        }
        marker = old.unsyncedLength() > 0 ? new LogMarker(old.number(), old.length()) : null;
        listener.onRetired();
    }

    @GuardedBy("change")
    private void retire(LogFile old) {
        retiredLength.addAndGet(old.length());
        retired.addLast(old);
    }

    /** On the background thread: so that a log that is full goes soon, also where no write follows. */
    private void retireSoon() {
        prepareReserve();
        if (current.number() <= retireAfter.get()) {
            try {
                flush(false);
            } catch (StoreException e) {
                LOGGER.debug("the log {} could not be retired", current.name(), e);
            }
        }
    }

    private void prepareReserve() {
        if (failure == null) {
            supply.prepare();
        }
    }

    /** Ends logging: the first failure tells why. */
    private StoreException fail(Throwable cause) {
        StoreException before = failure;
        if (before != null) {
            return before;
        }
        StoreException error = asStoreException(cause instanceof IOException e ? epoch.fencedOr(e) : cause);
        failure = error;
        LOGGER.error("the write-ahead log {} failed; writes stop", current.name(), error);
        listener.onFailure(error);
        return error;
    }

    private void tellOfLength() {
        long most = limit;
        if (most > 0 && totalLength() > most && limitTold != current.number()) {
            limitTold = current.number();
            listener.onOverLimit();
        }
    }

    private void inBackground(Runnable action) {
        try {
            background.execute(action);
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("the store is closing; its logs are left as they are");
        }
    }

    private static StoreException asStoreException(Throwable cause) {
        return cause instanceof StoreException s
                ? s
                : new StoreException(Kind.IO, "log.failed", "the write-ahead log failed: " + cause.getMessage(), cause);
    }
}
