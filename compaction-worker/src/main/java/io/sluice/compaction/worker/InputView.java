// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.FileDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.LevelDocument;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits until an attempt's directory and inputs, which the store has made, are whole as this machine sees them: a shared file
 * system such as NFS may show them late, or short. Used by the attempt's thread.
 */
final class InputView {
    private static final long FIRST_PAUSE_NS = Duration.ofMillis(10).toNanos();
    private static final long LONGEST_PAUSE_NS = Duration.ofMillis(500).toNanos();
    /** Opening a file asks for its length anew, so what is short for longer is damaged. */
    private static final Duration SHORT_LIMIT = Duration.ofSeconds(2);

    private final Storage storage;
    private final LongSupplier nanoClock;
    private final Duration limit;

    /**
     * A view.
     *
     * @param limit of all waits of one attempt together
     */
    InputView(Storage storage, LongSupplier nanoClock, Duration limit) {
        this.storage = storage;
        this.nanoClock = nanoClock;
        this.limit = limit;
    }

    /** What is not as it should be. */
    private record Problem(String text, boolean isShort) {}

    /**
     * Waits. What is there but has another length, as far as that can't be lateness, is left to the attempt.
     *
     * @param isUnwanted ends the wait, without an error
     * @throws StoreException {@code NOT_FOUND} {@code compaction.worker.stale-view} where it takes too long
     */
    void await(JobDocument document, BooleanSupplier isUnwanted) throws StoreException {
        long start = nanoClock.getAsLong();
        long pause = FIRST_PAUSE_NS;
        for (Problem problem = problem(document); problem != null; problem = problem(document)) {
            long waited = nanoClock.getAsLong() - start;
            boolean isDamaged = problem.isShort() && waited >= Math.min(SHORT_LIMIT.toNanos(), limit.toNanos());
            if (isDamaged || isUnwanted.getAsBoolean()) {
                return;
            }
            if (waited >= limit.toNanos()) {
                throw new StoreException(
                        Kind.NOT_FOUND,
                        "compaction.worker.stale-view",
                        "compaction " + document.job() + ", attempt " + document.attempt() + ": " + problem.text()
                                + " on this worker, for " + limit.toSeconds()
                                + " s: see that store and worker have the same storage");
            }
            LockSupport.parkNanos(this, pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_NS);
        }
    }

    private @Nullable Problem problem(JobDocument document) {
        String directory = document.job().attemptDirectory(document.attempt());
        try {
            storage.list(directory); // asks anew, where a look at the name alone may come from a cache
        } catch (IOException e) {
            return new Problem(directory + " is not to be seen", false);
        }
        for (LevelDocument input : document.compaction().inputs()) {
            for (FileDocument file : input.files()) {
                String name = FileNames.table(file.number());
                try (ReadableFile seen = storage.open(name)) {
                    if (seen.length() < file.size()) {
                        return new Problem(name + " has " + seen.length() + " bytes of " + file.size(), true);
                    }
                } catch (IOException e) {
                    return new Problem(name + " is not to be seen: " + e.getMessage(), false);
                }
            }
        }
        return null;
    }
}
