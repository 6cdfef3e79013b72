// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.cli.db.StoreCheck;
import io.sluice.cli.tool.Progress;
import io.sluice.store.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Scanner;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Kills a process that writes to a store, at random moments, and has the next one hold the store against what it must hold;
 * always the same store. Where workers compact for it, they are killed too. Used by one thread.
 */
final class KillCampaign implements Campaign {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int LONGEST_ROUND_MS = 1500;
    private static final int KILLED = 137;
    private static final int MOST_CALLS = 4000;

    private final Path directory;
    private final KeySpace space;
    private final int threads;
    private final long seed;
    private final long maxKills;
    private final Consumer<String> progress;
    private final int workerCount;
    private @Nullable CompactionWorkers workers;
    /** From the word that the store is being opened to the one that it was verified. */
    private long openingMs = 300;

    private final Progress silent = new Progress(new PrintWriter(Writer.nullWriter()), System::nanoTime);
    private boolean hasStore;
    private long starts;
    private long kills;
    private long killsWhileOpening;
    private long halts;
    private long closings;
    private long writes;
    private long lost;
    private long reads;
    private long filesChecked;
    private long workerKills;
    private long tablesOfWorkers;

    /** How a process is to end. */
    private enum End {
        /** Killed while it writes. */
        KILL,
        /** Killed while it opens or verifies the store. */
        KILL_WHILE_OPENING,
        /** Ends itself at a call to storage. */
        HALT,
        /** Closes the store. */
        CLOSE;

        static End draw(SplittableRandom random) {
            int draw = random.nextInt(100);
            return draw < 50 ? KILL : draw < 65 ? KILL_WHILE_OPENING : draw < 90 ? HALT : CLOSE;
        }
    }

    /**
     * A campaign.
     *
     * @param directory empty, or of an earlier campaign with the same key space
     * @param maxKills after which it ends
     * @param workerCount compaction workers, which are killed too; 0 for a store that compacts by itself
     * @param progress takes a line about each round
     */
    KillCampaign(
            Path directory,
            KeySpace space,
            int threads,
            long seed,
            long maxKills,
            int workerCount,
            Consumer<String> progress) {
        this.directory = directory;
        this.space = space;
        this.threads = threads;
        this.seed = seed;
        this.maxKills = maxKills;
        this.workerCount = workerCount;
        this.progress = progress;
    }

    @Override
    public void run(long deadlineNs) throws IOException, InterruptedException, Finding {
        Files.createDirectories(directory);
        try (@Nullable
                CompactionWorkers started = workerCount == 0 ? null : CompactionWorkers.start(workerCount, directory)) {
            workers = started;
            while (System.nanoTime() < deadlineNs && kills + halts + workerKills < maxKills) {
                round();
            }
            // whatever was left last is looked at too
            round(End.CLOSE, new SplittableRandom(seed));
        }
    }

    private void round() throws IOException, InterruptedException, Finding {
        SplittableRandom random = new SplittableRandom(Values.mix(seed + starts));
        round(End.draw(random), random);
    }

    private void round(End end, SplittableRandom random) throws IOException, InterruptedException, Finding {
        long roundSeed = random.nextLong();
        int runMs = random.nextInt(LONGEST_ROUND_MS);
        StressChild.Round round = new StressChild.Round(
                roundSeed,
                threads,
                space,
                end == End.CLOSE ? runMs : StressChild.Round.NEVER,
                // as many short ways as long ones
                end == End.HALT ? (long) Math.pow(MOST_CALLS, random.nextDouble()) : StressChild.Round.NEVER,
                workers == null ? List.of() : workers.urls(),
                random.nextBoolean());
        StoreCopy.copy(directory.resolve("db"), directory.resolve("db-before"));
        StressProcess process = StressProcess.start(round, directory);
        try {
            starts++;
            boolean inTime = bringToEnd(process, end, runMs, random);
            process.kill();
            evaluate(process, end, inTime);
        } finally {
            process.kill();
        }
        if (hasStore) {
            checkFiles();
        }
        progress.accept(String.format(
                Locale.ROOT,
                "%,d kills (%,d while opening), %,d halts, %,d closings; %,d writes held against the store, %,d lost as they"
                        + " may, %,d reads",
                kills,
                killsWhileOpening,
                halts,
                closings,
                writes,
                lost,
                reads));
    }

    /** Whether it came as far as it had to. */
    private boolean bringToEnd(StressProcess process, End end, int runMs, SplittableRandom random)
            throws IOException, InterruptedException {
        if (end == End.KILL_WHILE_OPENING) {
            boolean opens = process.await(StressChild.OPENING, LIMIT);
            TimeUnit.MILLISECONDS.sleep(runMs * openingMs / LONGEST_ROUND_MS);
            return opens;
        }
        boolean opens = process.await(StressChild.OPENING, LIMIT);
        long since = System.nanoTime();
        boolean loads = opens && process.await(StressChild.LOADING, LIMIT);
        if (loads) {
            openingMs = (openingMs + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since)) / 2;
        }
        if (loads) {
            killAWorker(runMs, random);
        }
        if (end == End.CLOSE) {
            return loads && process.awaitEnd(LIMIT);
        } else if (end == End.HALT) {
            // where it has not come to the call by then, it is killed as others
            return process.awaitEnd(Duration.ofMillis(loads ? LONGEST_ROUND_MS : 1)) || loads;
        }
        TimeUnit.MILLISECONDS.sleep(runMs);
        return loads;
    }

    /** Now and then, within the time that the store has at least. */
    private void killAWorker(int runMs, SplittableRandom random) throws IOException, InterruptedException {
        CompactionWorkers running = workers;
        if (running != null && random.nextInt(3) > 0) {
            TimeUnit.MILLISECONDS.sleep(random.nextInt(runMs + 1));
            running.killOne(random);
            workerKills++;
        }
    }

    private void evaluate(StressProcess process, End end, boolean inTime) throws InterruptedException, Finding {
        int code = process.exitCode();
        List<String> findings = process.told(StressChild.FINDING);
        if (!findings.isEmpty()) {
            throw finding(process, String.join(System.lineSeparator(), findings));
        }
        boolean asMeant = code == (end == End.CLOSE ? 0 : KILLED) || (end == End.HALT && code == StressChild.HALTED);
        if (!asMeant || !inTime) {
            throw finding(process, "the process ended with exit code " + code + process.lastLines());
        }
        for (String figures : process.told(StressChild.VERIFIED)) {
            Scanner words = new Scanner(figures);
            writes += words.nextLong();
            lost += words.nextLong();
            reads += words.nextLong();
            tablesOfWorkers += words.nextLong();
            hasStore = true;
        }
        if (code == 0) {
            closings++;
        } else if (code == StressChild.HALTED) {
            halts++;
        } else {
            kills++;
            killsWhileOpening += process.told(StressChild.LOADING).isEmpty() ? 1 : 0;
        }
    }

    private Finding finding(StressProcess process, String text) {
        return new Finding(text + System.lineSeparator() + "start " + starts + " of the campaign; options "
                + process.told(StressChild.OPENING) + System.lineSeparator()
                + "the store as that process found it is in "
                + directory.resolve("db-before"));
    }

    /** Reads every table that was left, while nobody has the store open. */
    private void checkFiles() throws Finding {
        try (LocalStorage storage = new LocalStorage(directory.resolve("db"))) {
            filesChecked += StoreCheck.run(storage, silent).files();
        } catch (IOException e) {
            throw new Finding("the files that were left, read by themselves: " + e.getMessage());
        }
    }

    @Override
    public Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("starts", starts);
        figures.put("kills", kills);
        figures.put("kills_while_opening", killsWhileOpening);
        figures.put("halts_at_a_storage_call", halts);
        figures.put("closings", closings);
        figures.put("writes_verified", writes);
        figures.put("writes_lost_as_allowed", lost);
        figures.put("reads_verified", reads);
        figures.put("files_checked", filesChecked);
        if (workerCount > 0) {
            figures.put("workers_killed", workerKills);
            figures.put("files_by_workers_at_openings", tablesOfWorkers);
        }
        return figures;
    }
}
