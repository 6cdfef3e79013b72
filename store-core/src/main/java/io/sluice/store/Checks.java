// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

/** Checks of option values. */
final class Checks {
    private Checks() {}

    static int inRange(String option, int value, int min, int max) {
        return (int) inRange(option, (long) value, min, max);
    }

    static long inRange(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(option + "=" + value + " is not in " + min + ".." + max);
        }
        return value;
    }
}
