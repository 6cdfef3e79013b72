// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What all rounds gave, by contender in their first order. */
final class Result {
    private final Map<String, List<Contender.Run>> runs = new LinkedHashMap<>();

    Result(List<String> contenders) {
        contenders.forEach(name -> runs.put(name, new ArrayList<>()));
    }

    void add(String contender, Contender.Run run) {
        List<Contender.Run> all = runs.get(contender);
        if (all == null) {
            throw new IllegalArgumentException("no contender " + contender);
        }
        all.add(run);
    }

    List<String> contenders() {
        return List.copyOf(runs.keySet());
    }

    /** By round. */
    List<Contender.Run> runs(String contender) {
        return runs.getOrDefault(contender, List.of());
    }

    /** One of the client's figures over the rounds. */
    Spread spread(String contender, ToDoubleFunction<Measurement> figure) {
        return Spread.of(figures(contender, figure));
    }

    /** One figure's ratios, contender ÷ reference, paired by round. */
    Spread ratio(String contender, String reference, ToDoubleFunction<Measurement> figure) {
        return Spread.ofRatios(figures(contender, figure), figures(reference, figure));
    }

    private double[] figures(String contender, ToDoubleFunction<Measurement> figure) {
        return runs(contender).stream().mapToDouble(run -> run.of(figure)).toArray();
    }

    /** All rounds' times together; null where the contender tells none. */
    @Nullable
    Histogram histogram(String contender) {
        Histogram sum = null;
        for (Contender.Run run : runs(contender)) {
            Histogram one = run.client().histogram();
            if (sum == null) {
                sum = one == null ? null : one.copy();
            } else if (one != null) {
                sum.add(one);
            }
        }
        return sum;
    }
}
