// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.wal.LogDamage;
import io.sluice.store.wal.LogReader;
import io.sluice.store.wal.WalRecoveryMode;
import io.sluice.store.write.LogMarker;
import io.sluice.store.write.LoggedBatch;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the write-ahead logs that a store left, oldest first, and decides by the recovery mode what counts. Used once, by
 * one thread.
 *
 * <p>Point-in-time recovery stops at the first damage, and goes on only where a later log takes up the very next sequence
 * number: then nothing is missing in between, as where RocksDB was opened again after such a recovery.
 */
final class LogReplay {
    private static final Logger LOGGER = LoggerFactory.getLogger(LogReplay.class);

    private final Storage storage;
    private final WalRecoveryMode mode;
    private final Target target;
    private final LoggedBatch batch = new LoggedBatch();
    /** Where the last whole record of each log ends that was read. */
    private final Map<Long, Long> ends = new HashMap<>();

    private long oldestNeeded;
    private long nextSequence = 1;
    private boolean stopped;
    /** The log whose damage stopped it last. */
    private long damagedLog;
    /** The first log in which something that was there is missing. */
    private long stoppedAt = Long.MAX_VALUE;

    /** Takes what is recovered. */
    interface Target {
        /** A sound batch of this log, before its first entry. */
        void apply(long logNumber, LoggedBatch batch) throws IOException;
    }

    LogReplay(Storage storage, WalRecoveryMode mode, Target target) {
        this.storage = storage;
        this.mode = mode;
        this.target = target;
    }

    /**
     * Reads logs.
     *
     * @param numbers ascending
     * @param needed logs below this number are not missed where they are not there
     */
    void run(List<Long> numbers, long needed) throws IOException {
        oldestNeeded = needed;
        for (long number : numbers) {
            read(number);
        }
    }

    /** The highest sequence number recovered, or 0. */
    long lastSequence() {
        return nextSequence - 1;
    }

    /**
     * The log in which recovery stopped for good, or {@link Long#MAX_VALUE} where it did not. Where only tails were damaged and
     * no entry is known to be missing, it is the last of these logs, as in RocksDB: each may be a recycled log's sound end.
     */
    long stoppedAt() {
        if (!stopped) {
            return Long.MAX_VALUE;
        }
        return stoppedAt == Long.MAX_VALUE ? damagedLog : stoppedAt;
    }

    private void read(long number) throws IOException {
        String name = FileNames.wal(number);
        storage.seal(name);
        boolean[] damaged = {false};
        try (ReadableFile file = storage.open(name)) {
            LogReader reader = new LogReader(file, number, damage -> damaged[0] |= met(damage));
            while (!damaged[0] && reader.next()) {
                if (damaged[0]) {
                    break; // between this record and the one before
                }
                String where = name + ", the record at offset " + reader.recordStart();
                String problem = problemOf(where, reader);
                if (problem != null) {
                    damaged[0] = met(new LogDamage(
                            LogDamage.Kind.CORRUPT,
                            name,
                            reader.recordStart(),
                            reader.record().capacity(),
                            problem));
                    continue;
                }
                if (stopped && batch.sequence() != nextSequence) {
                    LOGGER.warn("{}: {} bytes are behind damage and are dropped", name, file.length());
                    stoppedAt = Math.min(stoppedAt, damagedLog);
                    return;
                }
                stopped = false;
                apply(number);
            }
            ends.put(number, reader.validEnd());
        }
        if (damaged[0]) {
            stopped = true;
            damagedLog = number;
        }
    }

    /** Looks through a whole batch before any of it counts; what is wrong with it, or null. */
    private @Nullable String problemOf(String where, LogReader reader) throws StoreException {
        try {
            batch.wrap(where, reader.record());
            if (batch.sequence() < nextSequence) {
                return "sequence=" + batch.sequence() + " is below that of the batch before, which ends at "
                        + (nextSequence - 1);
            }
            while (batch.next()) {
                // only to see whether all of it can be read
            }
            return missing(batch.marker());
        } catch (StoreException e) {
            if (e.kind() != Kind.CORRUPTION) {
                throw e;
            }
            return String.valueOf(e.getMessage());
        }
    }

    private void apply(long number) throws IOException {
        long end = batch.sequence() + batch.count();
        batch.rewind();
        target.apply(number, batch);
        nextSequence = end;
    }

    /** Whether a crash took the end of the log before. */
    private @Nullable String missing(@Nullable LogMarker before) {
        if (before == null
                || before.number() < oldestNeeded
                || mode == WalRecoveryMode.SKIP_ANY_CORRUPTED_RECORDS
                || mode == WalRecoveryMode.TOLERATE_CORRUPTED_TAIL_RECORDS) {
            return null;
        }
        long found = ends.getOrDefault(before.number(), 0L);
        return found >= before.length()
                ? null
                : "the log before, " + FileNames.wal(before.number()) + ", had " + before.length() + " bytes, found "
                        + found;
    }

    /** Whether damage ends the recovery; throws where the mode does not put up with it. */
    private boolean met(LogDamage damage) throws StoreException {
        boolean refused = switch (mode) {
            case ABSOLUTE_CONSISTENCY -> damage.kind() != LogDamage.Kind.OLD_RECORD;
            case TOLERATE_CORRUPTED_TAIL_RECORDS -> damage.kind() == LogDamage.Kind.CORRUPT;
            case POINT_IN_TIME_RECOVERY, SKIP_ANY_CORRUPTED_RECORDS -> false;
        };
        if (refused) {
            throw StoreException.corruption(
                    "log.corrupt",
                    damage.file() + " at offset " + damage.offset() + ": " + damage.problem() + " (" + damage.bytes()
                            + " bytes); wal_recovery_mode=" + mode
                            + " refuses it: restore the file, or open with a mode"
                            + " that drops what is damaged");
        }
        LOGGER.warn(
                "{} at offset {}: {}; {} bytes are dropped (wal_recovery_mode={})",
                damage.file(),
                damage.offset(),
                damage.problem(),
                damage.bytes(),
                mode);
        boolean stops = mode == WalRecoveryMode.POINT_IN_TIME_RECOVERY;
        if (stops && damage.kind() == LogDamage.Kind.CORRUPT) {
            stoppedAt = Math.min(stoppedAt, FileNames.parse(damage.file()).number());
        }
        return stops;
    }
}
