// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;
import java.util.TreeMap;

/** An attempt as plain text, for files and for who reads without a browser. */
public final class JobText {
    private JobText() {}

    /** The text, whose lines are short. */
    public static String of(JobDetails details) {
        JobView job = details.job();
        StringBuilder text = new StringBuilder();
        line(text, "compaction " + job.name() + " of " + job.columnFamily() + " in " + job.instance());
        line(text, "store " + job.store());
        line(text, "state " + job.state() + (job.error() == null ? "" : ": " + job.error()));
        line(text, job.levels() + ", " + job.reason());
        line(
                text,
                "accepted " + Units.time(job.acceptedMs()) + ", waited " + Units.span(job.waitedMs()) + ", ran "
                        + Units.span(job.ranMs()));
        text.append('\n');
        line(
                text,
                "before: " + job.inputFiles() + " files, " + job.inputBytes() + " bytes, " + job.inputEntries()
                        + " entries read");
        files(text, details.before(), job.inputFiles());
        line(
                text,
                "after: " + job.outputs() + " files, " + details.afterBytes() + " bytes, " + details.afterEntries()
                        + " entries");
        files(text, details.after(), job.outputs());
        if (!details.statistics().isEmpty()) {
            text.append('\n');
            line(text, "statistics:");
            new TreeMap<>(details.statistics()).forEach((name, value) -> line(text, "  " + name + " " + value));
        }
        text.append('\n');
        line(text, "log:");
        details.log().forEach(entry -> line(text, entry));
        return text.toString();
    }

    private static void files(StringBuilder text, List<FileView> files, int all) {
        for (FileView file : files) {
            line(
                    text,
                    "  L" + file.level() + " " + file.name() + " " + file.bytes() + " bytes"
                            + (file.entries() == null ? "" : ", " + file.entries() + " entries") + ", "
                            + file.smallest() + " to " + file.largest() + ", sequence numbers "
                            + file.smallestSequence() + " to " + file.largestSequence());
        }
        if (all > files.size()) {
            line(text, "  and " + (all - files.size()) + " more");
        }
    }

    private static void line(StringBuilder text, String line) {
        text.append(Printable.line(line, 2000)).append('\n');
    }
}
