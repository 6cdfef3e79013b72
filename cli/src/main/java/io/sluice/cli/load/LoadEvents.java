// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.sluice.cli.load.LoadProgress.Phase;
import java.util.function.Consumer;

/**
 * How a generator tells its parent about its load, line by line on stdout: {@code progress PHASE DONE TOTAL}, and at the
 * end {@code report} with the report's JSON.
 */
public final class LoadEvents {
    private static final String PROGRESS = "progress ";
    private static final String REPORT = "report ";

    private LoadEvents() {}

    /** The line of a state. */
    public static String progress(LoadProgress progress) {
        return PROGRESS + progress.phase() + " " + progress.done() + " " + progress.total();
    }

    /** The line of a report. */
    public static String report(LoadReport report) {
        return REPORT + report.toJson();
    }

    /** What takes a state. */
    @FunctionalInterface
    public interface ProgressConsumer {
        /** As {@link ProgressView#show}. */
        void accept(Phase phase, long done, long total);
    }

    /** Reads a line; others are ignored. */
    public static void read(String line, ProgressConsumer progress, Consumer<LoadReport> report)
            throws JsonProcessingException {
        if (line.startsWith(PROGRESS)) {
            String[] parts = line.substring(PROGRESS.length()).split(" ", 3);
            progress.accept(Phase.valueOf(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
        } else if (line.startsWith(REPORT)) {
            report.accept(LoadReport.fromJson(line.substring(REPORT.length())));
        }
    }
}
