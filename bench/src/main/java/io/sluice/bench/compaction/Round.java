// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

/** Figures with no more digits than they are good for. */
final class Round {
    private Round() {}

    static double to(double number, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(number * scale) / scale;
    }
}
