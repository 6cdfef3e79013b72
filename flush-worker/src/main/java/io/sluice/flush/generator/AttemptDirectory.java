// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.ResultFile;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where one attempt writes. Its number is the first whose directory did not exist, and is never given twice: fencing
 * moves the directory away with all in it, which the worker can then no longer reach, and leaves an empty one of the same
 * name, so that a late file of a fenced attempt meets nobody else's.
 */
final class AttemptDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptDirectory.class);

    private final Storage storage;
    private final FlushJob job;
    private final int attempt;

    private AttemptDirectory(Storage storage, FlushJob job, int attempt) {
        this.storage = storage;
        this.job = job;
        this.attempt = attempt;
    }

    /** Makes the directory of the job's next attempt. */
    static AttemptDirectory create(Storage storage, FlushJob job) throws IOException {
        storage.createDirectory(jobDirectory(job));
        int attempt = 1;
        while (!storage.createDirectory(job.attemptDirectory(attempt))) {
            attempt++;
        }
        return new AttemptDirectory(storage, job, attempt);
    }

    int attempt() {
        return attempt;
    }

    String name() {
        return job.attemptDirectory(attempt);
    }

    /** The result that stands in the directory, where there is one and it is this attempt's. */
    @Nullable
    FlushResult findResult(AttemptToken token) {
        try {
            AttemptResult found = ResultFile.read(storage, name());
            return found != null && found.token().equals(token) ? found.result() : null;
        } catch (StoreException e) {
            LOG.warn("the result in {} is void: {}", name(), e.getMessage());
            return null;
        } catch (IOException e) {
            LOG.warn("the result in {} cannot be read: {}", name(), e.getMessage());
            return null;
        }
    }

    /** Shuts the attempt's worker out, as far as the storage lets us; what it makes later is never installed anyway. */
    void fence() {
        String fenced = jobDirectory(job) + "/fenced-" + attempt;
        try {
            storage.rename(name(), fenced);
            storage.createDirectory(name());
            storage.deleteRecursively(fenced);
        } catch (IOException e) {
            LOG.warn("attempt directory {} was not fenced: {}", name(), e.getMessage());
        }
    }

    private static String jobDirectory(FlushJob job) {
        return job.ownerDirectory() + "/" + job.id().directory();
    }
}
