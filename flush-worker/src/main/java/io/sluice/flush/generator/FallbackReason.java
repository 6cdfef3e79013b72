// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

/** Why an attempt at a remote flush came to nothing; the last one of a job is why it was flushed locally. */
public enum FallbackReason {
    /** Remote flush is switched off. */
    SWITCHED_OFF,
    /**
     * The memtable's memory is not of the transport's pool, so open the store with {@link RegionMemoryPool}; or it has
     * more blocks than a job takes, so make the pool's chunks longer.
     */
    MEMORY_NOT_SHARED,
    /** More jobs are under way than {@code maxJobs}. */
    TOO_MANY_JOBS,
    /** No memnode is connected but those that failed at this job. */
    NO_MEMNODE,
    /** The memnode has no memory free, or is stopping. */
    MEMNODE_BUSY,
    /** The memnode did not answer, or its connection ended. */
    MEMNODE_LOST,
    /** No worker lives but those that failed at this job. */
    NO_WORKER,
    /** Every live worker said that it was busy. */
    WORKER_BUSY,
    /** Every worker's load is above this process's. */
    GENERATOR_LESS_LOADED,
    /** The worker died, or lost its connection to this process. */
    WORKER_LOST,
    /** The worker reported an error of its own, such as its storage's. */
    WORKER_ERROR,
    /** What the worker read was not what was shipped, or its result was not of this attempt. */
    CORRUPT,
    /** The attempt took longer than {@code attemptDeadline}. */
    DEADLINE,
    /** Writes were about to stop, and the attempt was older than {@code urgedDeadline}. */
    URGED,
    /** The store refused the worker's result, or could not install it. Of attempts only. */
    NOT_INSTALLED,
    /** The job failed before, here or elsewhere, and is tried again. Of local flushes only. */
    FAILED_BEFORE,
    /** An error of this program. */
    INTERNAL,
    /** This process could not make the attempt's directory. */
    STORAGE_ERROR,
    /** The store was closed during the attempt; nothing is flushed locally then. */
    CLOSED
}
