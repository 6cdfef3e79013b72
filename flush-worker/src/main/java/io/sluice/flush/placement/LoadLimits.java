// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.placement;

/**
 * What counts as full load.
 *
 * @param maxHdfsIo storage output in bytes per second; at least 1
 * @param maxBackgroundJobs jobs at a time; at least 1
 */
public record LoadLimits(long maxHdfsIo, int maxBackgroundJobs) {
    /** 100 MiB/s and 32 jobs. */
    public static final LoadLimits DEFAULT = new LoadLimits(100L << 20, 32);

    /** Checks the ranges. */
    public LoadLimits {
        if (maxHdfsIo < 1 || maxBackgroundJobs < 1) {
            throw new IllegalArgumentException(
                    "maxHdfsIo=" + maxHdfsIo + " maxBackgroundJobs=" + maxBackgroundJobs + ", expected at least 1");
        }
    }

    /** A load as one number: 0 for nothing, 1 where either is full, more beyond. In doubles, so that nothing overflows. */
    public double score(Load load) {
        return (double) load.storageBytesPerSecond() / maxHdfsIo + (double) load.jobs() / maxBackgroundJobs;
    }
}
