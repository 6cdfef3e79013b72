// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import com.sun.management.OperatingSystemMXBean;
import io.sluice.bench.common.Values;
import io.sluice.cli.command.CommandFailure;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.HdrHistogram.Histogram;

/** A store in this JVM: filled, flushed, read back whole. */
final class InProcess implements Contender {
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final double NS_PER_SECOND = 1e9;
    private static final double NS_PER_US = 1e3;

    private final String name;
    private final Opener opener;

    InProcess(String name, Opener opener) {
        this.name = name;
        this.opener = opener;
    }

    /** Creates a store. */
    interface Opener {
        /** Creates a store in an empty directory. */
        FillTarget open(Load load, Path directory) throws Exception;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Measurement run(Load load, long seed, Path directory) throws Exception {
        Values values = new Values(load.valueSize());
        try (FillTarget target = opener.open(load, directory)) {
            long cpuBefore = PROCESS.getProcessCpuTime();
            Fill.Timing timing = new Fill(load, values, seed).run(target);
            long cpuNs = PROCESS.getProcessCpuTime() - cpuBefore;
            Verification verification = Verification.of(target, load, values, seed);
            if (!verification.holds()) {
                throw new CommandFailure(name + " with " + load.writers() + " writers did not keep what was written: "
                        + verification.missing() + " keys are missing, " + verification.wrong()
                        + " entries are wrong, " + verification.entries() + " are right; " + target.details());
            }
            Histogram latency = timing.latency();
            return new Measurement(
                    load.puts(),
                    timing.putNs() / NS_PER_SECOND,
                    timing.flushedNs() / NS_PER_SECOND,
                    cpuNs / NS_PER_SECOND,
                    latency.getValueAtPercentile(50) / NS_PER_US,
                    latency.getValueAtPercentile(99) / NS_PER_US,
                    latency.getValueAtPercentile(99.9) / NS_PER_US,
                    verification,
                    target.details());
        }
    }
}
