// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import java.util.random.RandomGenerator;

/**
 * The one-time secret of an attempt: a worker that dials the generator proves by it that it was given the job. Unique
 * among all attempts, so that a late answer of an older one matches nothing.
 */
public record AttemptToken(long high, long low) {
    /** A fresh one; {@code random} should be a {@link java.security.SecureRandom}. */
    public static AttemptToken random(RandomGenerator random) {
        return new AttemptToken(random.nextLong(), random.nextLong());
    }

    /** Tells nothing of the secret. */
    @Override
    public String toString() {
        return "AttemptToken[…]";
    }
}
