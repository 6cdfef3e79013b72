// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What all rounds gave, by load and contender. */
final class Result {
    private final Contenders contenders;
    private final List<Load> loads;
    private final @Nullable Cold cold;
    private final Map<Series, List<Measurement>> measurements = new LinkedHashMap<>();

    Result(Contenders contenders, List<Load> loads, @Nullable Cold cold) {
        this.contenders = contenders;
        this.loads = loads;
        this.cold = cold;
    }

    /**
     * The very first run in the JVM.
     *
     * @param name the contender's
     */
    record Cold(String name, int writers, double putsPerSecond) {}

    private record Series(Contender contender, Load load) {}

    void add(Contender contender, Load load, Measurement measurement) {
        measurements
                .computeIfAbsent(new Series(contender, load), series -> new ArrayList<>())
                .add(measurement);
    }

    List<Contender> contenders() {
        return contenders.all();
    }

    List<Contender> references() {
        return contenders.references();
    }

    List<Load> loads() {
        return loads;
    }

    @Nullable
    Cold cold() {
        return cold;
    }

    /** By round. */
    List<Measurement> measurements(Contender contender, Load load) {
        return measurements.getOrDefault(new Series(contender, load), List.of());
    }

    /** One figure over the rounds. */
    Spread spread(Contender contender, Load load, ToDoubleFunction<Measurement> figure) {
        return Spread.of(figures(contender, load, figure));
    }

    /** One figure's ratios, contender ÷ reference, paired by round. */
    Spread ratio(Contender contender, Contender reference, Load load, ToDoubleFunction<Measurement> figure) {
        return Spread.ofRatios(figures(contender, load, figure), figures(reference, load, figure));
    }

    private double[] figures(Contender contender, Load load, ToDoubleFunction<Measurement> figure) {
        return measurements(contender, load).stream().mapToDouble(figure).toArray();
    }
}
