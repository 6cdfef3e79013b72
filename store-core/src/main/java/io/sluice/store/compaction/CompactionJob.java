// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.StoreException;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One compaction as a value: all that an executor needs, so that none reads a manifest. The engine keeps the input files
 * until the job's result is installed or given up.
 *
 * @param id whose job it is
 * @param columnFamilyName for messages and properties
 * @param compaction the files, and how they are compacted
 * @param snapshots sequence numbers that readers hold, ascending: what is visible to one is kept
 * @param epochNumber for the outputs' metadata
 * @param tableOptions the bytes' options
 * @param filterFactory makes the compaction filters, or null for none; see {@link #newFilter}
 * @param filterState what a {@link StatefulCompactionFilterFactory} makes them of, else null
 * @param identity what goes into the properties; the session is of this job alone, and executors set file number, host
 *     and builder to their own: so no two files ever have the same origin
 * @param storageUri the store's directory, as a URI that another process can open
 * @param ownerDirectory the directory of this epoch, within {@code storageUri}: attempts are born below it
 */
public record CompactionJob(
        CompactionJobId id,
        String columnFamilyName,
        Compaction compaction,
        List<Long> snapshots,
        long epochNumber,
        TableOptions tableOptions,
        @Nullable CompactionFilterFactory filterFactory,
        @Nullable Slice filterState,
        TableIdentity identity,
        String storageUri,
        String ownerDirectory) {
    /**
     * Makes the list unmodifiable.
     *
     * @throws IllegalArgumentException where there is a state without a factory that takes it, or such a factory without
     */
    public CompactionJob {
        snapshots = List.copyOf(snapshots);
        if ((filterState != null) != (filterFactory instanceof StatefulCompactionFilterFactory)) {
            throw new IllegalArgumentException("compaction " + id + ": a filter's state and a factory that has one go"
                    + " together: state " + filterState + ", factory "
                    + (filterFactory == null ? "none" : filterFactory.name()));
        }
    }

    /**
     * What a factory tells for a new job, for {@code filterState}; null where there is none, or it has no state.
     *
     * @throws StoreException {@code compaction.filter-state} where it is too long
     */
    public static @Nullable Slice filterStateOf(@Nullable CompactionFilterFactory factory) throws StoreException {
        return factory instanceof StatefulCompactionFilterFactory stateful
                ? FilterBytes.checked("the state", stateful.state())
                : null;
    }

    /**
     * A filter for one thread, or null.
     *
     * @throws StoreException where the factory refuses the job's state
     */
    public @Nullable CompactionFilter newFilter() throws StoreException {
        Slice state = filterState;
        if (state != null && filterFactory instanceof StatefulCompactionFilterFactory factory) {
            return factory.create(state.toByteArray());
        }
        return filterFactory == null ? null : filterFactory.create();
    }

    /** Where an attempt writes, within the storage: {@code owner-<epoch>/job-compaction-<number>/attempt-<n>}. */
    public String attemptDirectory(int attempt) {
        return jobDirectory() + "/attempt-" + attempt;
    }

    /** Where all attempts write. */
    public String jobDirectory() {
        return ownerDirectory + "/" + id.directory();
    }
}
