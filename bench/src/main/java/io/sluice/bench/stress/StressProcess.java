// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.cli.process.Child;
import io.sluice.cli.process.JavaCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link StressChild} that runs, and what it tells. Used by one thread. */
final class StressProcess {
    private static final String HEAP = "256m";
    private static final long POLL_MS = 5;

    private final Child child;
    private final BlockingQueue<String> lines;
    private final List<String> seen = new ArrayList<>();

    private StressProcess(Child child, BlockingQueue<String> lines) {
        this.child = child;
        this.lines = lines;
    }

    static StressProcess start(StressChild.Round round, Path directory) throws IOException {
        List<String> command = JavaCommand.main(
                StressChild.class.getName(), HEAP, List.of("-XX:TieredStopAtLevel=1"), "", round.arguments(directory));
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        return new StressProcess(
                Child.start("stress-child", command, directory.resolve("child.log"), lines::add), lines);
    }

    /** Waits for a line that begins with a word; false where the process ended without, or the limit passed. */
    boolean await(String word, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < deadline) {
            boolean alive = child.isAlive();
            String line = lines.poll(POLL_MS, TimeUnit.MILLISECONDS);
            if (line != null) {
                seen.add(line);
                if (line.startsWith(word)) {
                    return true;
                }
            } else if (!alive) {
                return false;
            }
        }
        return false;
    }

    /** Waits for the end; false where the limit passed. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return child.awaitExit(limit);
    }

    /** Ends it at once, as {@code kill -9}. */
    void kill() {
        child.kill();
    }

    /** Its exit code, once it has ended. */
    int exitCode() throws InterruptedException {
        int code = child.awaitExit();
        lines.drainTo(seen);
        return code;
    }

    /** What it has told by lines that begin with a word. */
    List<String> told(String word) {
        return seen.stream()
                .filter(line -> line.startsWith(word + " "))
                .map(line -> line.substring(word.length() + 1))
                .toList();
    }

    /** The end of what it logged. */
    String lastLines() {
        return child.lastLines();
    }
}
