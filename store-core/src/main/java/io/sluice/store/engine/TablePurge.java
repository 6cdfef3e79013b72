// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes tables as soon as no version that anybody holds has them: those that a compaction replaced, once the last
 * iterator over them is closed, and those of dropped column families. On a thread of its own. Safe for concurrent use.
 */
final class TablePurge {
    private static final Logger LOGGER = LoggerFactory.getLogger(TablePurge.class);

    private final Storage storage;
    private final VersionSet versions;
    private final TableCache tables;
    private final FileWeights weights;
    private final ExecutorService executor;
    private final AtomicBoolean requested = new AtomicBoolean();

    TablePurge(Storage storage, VersionSet versions, TableCache tables, FileWeights weights, ExecutorService executor) {
        this.storage = storage;
        this.versions = versions;
        this.tables = tables;
        this.weights = weights;
        this.executor = executor;
    }

    /** Looks soon what can be deleted; returns at once. To be called after a version was let go. */
    void request() {
        if (!requested.compareAndSet(false, true)) {
            return;
        }
        try {
            executor.execute(this::run);
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("the store is closed; the next opening deletes what nothing needs");
        }
    }

    private void run() {
        requested.set(false);
        for (long number : versions.takeUnreferencedTables()) {
            tables.evict(number);
            weights.remove(number);
            String name = FileNames.table(number);
            try {
                storage.delete(name);
            } catch (IOException e) {
                LOGGER.warn("{}, which nothing needs, can't be deleted; the next opening tries again", name, e);
            }
        }
    }
}
