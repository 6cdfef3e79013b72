// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.placement;

/**
 * What a process does in the background at a moment. A value.
 *
 * @param storageBytesPerSecond written to storage lately; not negative
 * @param jobs background jobs under way; not negative
 */
public record Load(long storageBytesPerSecond, long jobs) {
    /** Nothing to do. */
    public static final Load NONE = new Load(0, 0);

    /** Checks the signs. */
    public Load {
        if (storageBytesPerSecond < 0 || jobs < 0) {
            throw new IllegalArgumentException(
                    "storageBytesPerSecond=" + storageBytesPerSecond + " jobs=" + jobs + ", expected not negative");
        }
    }

    /** The same with one more job. */
    public Load plusJob() {
        return new Load(storageBytesPerSecond, jobs + 1);
    }

    /** The same with one job less, where there is one. */
    public Load minusJob() {
        return new Load(storageBytesPerSecond, Math.max(0, jobs - 1));
    }
}
