// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionJobId;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.compaction.ManualPicker;
import io.sluice.store.compaction.RangeRequest;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Identity;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.sst.TableIdentity;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses compactions and describes them as jobs. On the scheduler's thread only. */
final class CompactionJobs {
    private final EngineEnvironment environment;
    private final EngineSettings settings;
    private final StoreIdentity identity;
    private final VersionSet versions;
    private final FileWeights weights;
    private final Snapshots snapshots;
    private long lastJob;

    CompactionJobs(
            EngineEnvironment environment,
            EngineSettings settings,
            StoreIdentity identity,
            VersionSet versions,
            FileWeights weights,
            Snapshots snapshots) {
        this.environment = environment;
        this.settings = settings;
        this.identity = identity;
        this.versions = versions;
        this.weights = weights;
        this.snapshots = snapshots;
    }

    /** The next automatic compaction, or null. */
    @Nullable
    CompactionTask pick(ColumnFamily family, FamilyCompactions state) throws StoreException {
        Version version = versions.retainVersion(family.id());
        Compaction compaction = state.picker.pick(
                version,
                family.settings().compaction(),
                state.running,
                weights::of,
                settings.maxLevel1Subcompactions());
        return taskOrRelease(family, compaction, version, null);
    }

    /**
     * The next part of what the program asked for; null where it must wait, or where nothing is left of it, which {@code
     * isLast} then tells.
     */
    @Nullable
    CompactionTask step(ManualCompaction manual, FamilyCompactions state) throws StoreException {
        ColumnFamily family = manual.columnFamily;
        Version version = versions.retainVersion(family.id());
        CompactionSettings compaction = family.settings().compaction();
        ManualPicker picker = new ManualPicker(version, compaction, state.running);
        RangeRequest range = manual.range;
        if (range != null) {
            ManualPicker.Step step = picker.next(range);
            manual.isLast = !step.isBlocked() && step.next() == null;
            if (step.next() != null) {
                manual.range = range.from(step.next());
            }
            return taskOrRelease(family, step.compaction(), version, manual);
        }
        Set<Long> files = manual.files;
        if (files == null) {
            throw new AssertionError("neither a range nor files");
        }
        try {
            Compaction chosen = picker.ofFiles(files, manual.outputLevel, manual.maxSubcompactions);
            manual.isLast = true;
            return taskOrRelease(family, chosen, version, manual);
        } catch (StoreException e) {
            version.release();
            throw e;
        }
    }

    /** The job of a task. */
    CompactionJob job(CompactionTask task) throws StoreException {
        ColumnFamily family = task.columnFamily;
        CompactionFilterFactory filters = family.settings().compactionFilterFactory();
        long epochNumber = Long.MAX_VALUE;
        long oldest = Long.MAX_VALUE;
        for (InputLevel input : task.compaction.inputs()) {
            for (FileMetadata file : input.files()) {
                epochNumber = Math.min(epochNumber, file.epochNumber());
                oldest = file.oldestAncestorTime() == 0 ? oldest : Math.min(oldest, file.oldestAncestorTime());
            }
        }
        long now = environment.clock().instant().getEpochSecond();
        long created = oldest == Long.MAX_VALUE ? now : oldest;
        return new CompactionJob(
                task.id,
                family.name(),
                task.compaction,
                snapshots.list(), // other readers hold the files, in their views
                epochNumber,
                family.settings().tableOptions(),
                filters,
                CompactionJob.filterStateOf(filters),
                new TableIdentity(
                        family.id(),
                        family.name(),
                        identity.dbId(),
                        Identity.newSessionId(environment.random()),
                        environment.hostId(),
                        "",
                        0,
                        created,
                        created,
                        now),
                identity.storageUri(),
                identity.epoch().directory());
    }

    private @Nullable CompactionTask taskOrRelease(
            ColumnFamily family, @Nullable Compaction compaction, Version version, @Nullable ManualCompaction manual) {
        if (compaction == null) {
            version.release();
            return null;
        }
        CompactionJobId id =
                new CompactionJobId(identity.dbId(), identity.epoch().number(), ++lastJob);
        return new CompactionTask(
                family, compaction, id, version, manual, environment.nanoClock().getAsLong());
    }
}
