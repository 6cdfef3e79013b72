// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.common;

import java.util.Arrays;

/**
 * The median of some numbers, and their least and greatest.
 *
 * @param median of an even count, the mean of the middle two
 */
public record Spread(double median, double min, double max) {

    /** Of at least one number. */
    public static Spread of(double... numbers) {
        if (numbers.length == 0) {
            throw new IllegalArgumentException("the median of nothing");
        }
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** Of the ratios a[i] ÷ b[i]. */
    public static Spread ofRatios(double[] a, double[] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException(a.length + " numbers can't be paired with " + b.length);
        }
        double[] ratios = new double[a.length];
        Arrays.setAll(ratios, i -> a[i] / b[i]);
        return of(ratios);
    }
}
