// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import io.sluice.store.memory.MemoryPool;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A store that Sluice and RocksDB open in turns. Each finds in it what the other left, by scans, gets and snapshots, and
 * writes on. Options, writes, and how a turn ends are drawn from a seed.
 */
final class RandomStore {
    /** How a turn ends. */
    private enum Ending {
        /** All is in tables. */
        FLUSHED,
        /** The logs hold what is in no table. */
        LOGGED,
        /** As after the process was killed. */
        KILLED
    }

    private final Draw draw;
    private final Path root;
    private final MemoryPool pool;
    private final History history;
    /** The options of each turn, and how it ended. */
    private final List<Object> story = new ArrayList<>();

    private int copies;
    private boolean recycled;
    private Path directory;

    private RandomStore(long seed, Path root, MemoryPool pool) {
        this.draw = new Draw(new Random(seed));
        this.root = root;
        this.pool = pool;
        this.history = new History(draw, root, FamilyPlan::of);
        this.directory = root.resolve("store");
    }

    /** Lives a store's life in {@code root}, which is there; a failure tells the seed and what was drawn. */
    static void run(long seed, Path root, MemoryPool pool) {
        RandomStore store = new RandomStore(seed, root, pool);
        try {
            store.run();
        } catch (AssertionError | Exception e) {
            String story = store.story.stream().map(Object::toString).collect(Collectors.joining("\n"));
            throw new AssertionError(
                    "repeat with -Dsluice.seed=" + seed + " -Dsluice.seeds=1: " + e.getMessage() + "\n" + story, e);
        }
    }

    private void run() throws Exception {
        boolean ours = draw.coin();
        int turns = draw.between(2, 4);
        for (int turn = 0; turn < turns; turn++) {
            turn(ours, draw.oneOf(Ending.values()), turn == 0);
            ours = !ours;
        }
        try (Engine engine = open(ours, false, false)) {
            history.check(engine);
            engine.verify();
        }
    }

    private Engine open(boolean ours, boolean logged, boolean first) throws Exception {
        List<FamilyPlan> plans = history.plans();
        if (ours) {
            SluiceOptions options = new SluiceOptions(draw, pool);
            story.add(options);
            return new SluiceEngine(directory, plans, options, recycled, logged);
        }
        RocksOptions options = new RocksOptions(draw, first);
        story.add(options);
        RocksEngine engine = new RocksEngine(directory, plans, options);
        recycled = engine.recyclesLogs();
        return engine;
    }

    private void turn(boolean ours, Ending ending, boolean first) throws Exception {
        try (Engine engine = open(ours, ending == Ending.LOGGED, first)) {
            history.check(engine);
            if (draw.coin()) {
                engine.verify();
            }
            history.goOn(engine, draw.once(15) ? 600 : draw.between(5, 120), ending != Ending.FLUSHED);
            story.add("  " + ending);
            if (ending == Ending.FLUSHED) {
                engine.flush(history.names());
            } else if (ending == Ending.KILLED) {
                engine.standStill();
                Path copy = root.resolve("copy-" + copies++);
                copy(directory, copy);
                directory = copy;
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                try {
                    Files.copy(file, to.resolve(from.relativize(file)));
                } catch (NoSuchFileException e) {
                    return visitFileFailed(file, e);
                }
                return FileVisitResult.CONTINUE;
            }

            /** What is being deleted meanwhile is not needed. */
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
    }
}
