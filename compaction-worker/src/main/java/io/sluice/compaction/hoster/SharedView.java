// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Waits until a worker's files are whole as this machine sees them: a shared file system such as NFS may show them late, or
 * short. Used by the job's thread.
 */
final class SharedView {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private final Storage storage;
    private final Ending ending;
    private final LongSupplier nanoClock;
    private final long deadline;
    private Duration pause = FIRST_PAUSE;

    /**
     * A view.
     *
     * @param limit of all waits together
     */
    SharedView(Storage storage, Ending ending, LongSupplier nanoClock, Duration limit) {
        this.storage = storage;
        this.ending = ending;
        this.nanoClock = nanoClock;
        this.deadline = nanoClock.getAsLong() + limit.toNanos();
    }

    /**
     * Waits for the outputs of a result, which are verified afterwards: here they need only be long enough.
     *
     * @throws AttemptException {@code STALE_VIEW} where one is not in time
     */
    void await(CompactionResult result) throws AttemptException {
        for (CompactionResult.Output output : result.outputs()) {
            pause = FIRST_PAUSE;
            long found = length(output.path());
            while (found < output.file().size()) {
                pause(
                        output.path(),
                        found < 0
                                ? "is not to be seen"
                                : "has " + found + " bytes of " + output.file().size());
                found = length(output.path());
            }
        }
    }

    /** Waits a little before the next look at a file, longer each time. */
    void pause(String path, String problem) throws AttemptException {
        if (nanoClock.getAsLong() - deadline >= 0) {
            throw new AttemptException(
                    FallbackReason.STALE_VIEW,
                    new StoreException(
                            Kind.NOT_FOUND,
                            "compaction.remote.stale-view",
                            path + " was finished by a worker, but " + problem
                                    + " here, and overall_timeout has passed: see"
                                    + " that both have the same storage, or give more time"));
        }
        ending.pause(pause);
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
    }

    /** As it is when the file is opened, which no cache of attributes may answer; −1 where it can't be. */
    private long length(String path) {
        try (ReadableFile file = storage.open(path)) {
            return file.length();
        } catch (IOException e) {
            return -1;
        }
    }
}
