// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The directory beside the store that tells what the store must hold: the newest round's {@code base-ROUND}, a {@code
 * journal-ROUND-THREAD} of each of its threads, and {@code closed-ROUND} where it ended by closing the store.
 */
final class ExpectedState {
    private static final String BASE = "base-";

    private final Path directory;
    private final KeySpace space;

    ExpectedState(Path directory, KeySpace space) throws IOException {
        this.directory = directory;
        this.space = space;
        Files.createDirectories(directory);
    }

    /** The round that ran last. */
    Baseline baseline() throws IOException {
        List<Path> bases = files(BASE);
        bases.removeIf(path -> path.toString().endsWith(".tmp"));
        return bases.isEmpty()
                ? Baseline.empty(space)
                : Baseline.read(Collections.max(bases, Comparator.comparingInt(ExpectedState::round)), space);
    }

    /** What the threads of a round did, by its start. */
    List<Journal.Entry> entries(int round) throws IOException {
        List<Journal.Entry> entries = new ArrayList<>();
        for (Path journal : files("journal-" + round + "-")) {
            entries.addAll(Journal.read(journal));
        }
        entries.sort(Comparator.comparingLong(Journal.Entry::start));
        return entries;
    }

    /** Gets and scans of a round that were found right while it ran. */
    long reads(int round) throws IOException {
        long reads = 0;
        for (Path journal : files("journal-" + round + "-")) {
            reads += Journal.readsOf(journal);
        }
        return reads;
    }

    boolean closed(int round) {
        return Files.exists(directory.resolve("closed-" + round));
    }

    /** Tells that a round has ended by closing its store. */
    void setClosed(int round) throws IOException {
        Files.createFile(directory.resolve("closed-" + round));
    }

    /** Begins a round: from now on it counts, and those before it are forgotten. */
    void begin(Baseline baseline) throws IOException {
        baseline.write(directory.resolve(BASE + baseline.round()));
        for (Path file : files("")) {
            if (round(file) < baseline.round()) {
                Files.delete(file);
            }
        }
    }

    /** A thread's journal of a round. */
    Journal journal(int round, int thread, int length) throws IOException {
        return Journal.create(directory.resolve("journal-" + round + "-" + thread), length);
    }

    private List<Path> files(String prefix) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return new ArrayList<>(
                    all.filter(path -> String.valueOf(path.getFileName()).startsWith(prefix))
                            .toList());
        }
    }

    /** The number behind the first hyphen of a name. */
    private static int round(Path path) {
        String name = String.valueOf(path.getFileName());
        int from = name.indexOf('-') + 1;
        int end = from;
        while (end < name.length() && Character.isDigit(name.charAt(end))) {
            end++;
        }
        return Integer.parseInt(name.substring(from, end));
    }
}
