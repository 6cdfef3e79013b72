// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.TemporaryDirectory;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The interleaved run: in each round every contender makes its run with each load, one after the other, and the next
 * round begins with another of them, so that neither a noisy moment nor a place in the order meets one of them alone.
 */
final class Rounds {
    private final Contenders contenders;
    private final List<Load> loads;
    private final Path directory;
    private final Consumer<String> progress;

    Rounds(Contenders contenders, List<Load> loads, Path directory, Consumer<String> progress) {
        this.contenders = contenders;
        this.loads = List.copyOf(loads);
        this.directory = directory;
        this.progress = progress;
    }

    /** Makes a run of each load and contender in this JVM, to warm it up; none of them counts but the first, as cold. */
    Result.@Nullable Cold warmUp(long seed) throws Exception {
        Result.Cold cold = null;
        for (Load load : loads) {
            for (Contender contender : contenders.inThisJvm()) {
                Measurement measurement = run("warm-up", contender, load, seed);
                if (cold == null) {
                    cold = new Result.Cold(contender.name(), load.writers(), measurement.putsPerSecond());
                }
            }
        }
        return cold;
    }

    /** Makes all runs. */
    Result measure(int rounds, long seed, Result.@Nullable Cold cold) throws Exception {
        Result result = new Result(contenders, loads, cold);
        List<Contender> order = contenders.all();
        for (int round = 1; round <= rounds; round++) {
            for (Load load : loads) {
                for (Contender contender : order) {
                    String label = "round " + round + "/" + rounds;
                    result.add(contender, load, run(label, contender, load, seed + round));
                }
            }
            Collections.rotate(order, -1);
        }
        return result;
    }

    private Measurement run(String label, Contender contender, Load load, long seed) throws Exception {
        try (TemporaryDirectory fresh = TemporaryDirectory.create(directory, contender.name() + "-")) {
            Measurement measurement = contender.run(load, seed, fresh.path());
            progress.accept(String.format(
                    Locale.ROOT,
                    "%s: %s, %d writers: %,.0f puts/s (%,.0f with the last flush), p99 %.1f us",
                    label,
                    contender.name(),
                    load.writers(),
                    measurement.putsPerSecond(),
                    measurement.putsPerSecondFlushed(),
                    measurement.p99Us()));
            return measurement;
        }
    }
}
