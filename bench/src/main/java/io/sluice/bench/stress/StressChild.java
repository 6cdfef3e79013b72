// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.cli.command.Lifetime;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteCompactionSettings;
import io.sluice.compaction.hoster.RemoteWorker;
import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The process that is killed: opens the store, holds it against the expected state, and writes to it until its end. What it
 * has come to it tells on stdout, a word at the start of each line; exit code 1 after {@code finding}.
 */
public final class StressChild {
    static final String OPENING = "opening";
    static final String VERIFIED = "verified";
    static final String LOADING = "loading";
    static final String CLOSED = "closed";
    static final String FINDING = "finding";

    /** Ended by itself at a storage call. */
    static final int HALTED = 86;

    private static final int HANG_SECONDS = 60;

    /** Calls that change what is on storage. */
    private static final Set<Operation> EFFECTS = EnumSet.of(
            Operation.CREATE,
            Operation.CREATE_DIRECTORY,
            Operation.RENAME,
            Operation.REPLACE,
            Operation.DELETE,
            Operation.DELETE_RECURSIVELY,
            Operation.SYNC_DIRECTORY,
            Operation.APPEND,
            Operation.SYNC,
            Operation.CLOSE);

    private final Path directory;
    private final Round round;
    private final PrintWriter out;
    private final AtomicBoolean found = new AtomicBoolean();

    private StressChild(Path directory, Round round, PrintWriter out) {
        this.directory = directory;
        this.round = round;
        this.out = out;
    }

    /**
     * What a process is to do.
     *
     * @param seed of options and operations
     * @param threads that write
     * @param closeAfterMs when it closes the store, or {@link #NEVER}
     * @param haltAt which of its calls that change something on storage it does not survive, or {@link #NEVER}
     * @param workers URLs of compaction workers, or none
     * @param fallsBack whether this process compacts what no worker did
     */
    record Round(
            long seed,
            int threads,
            KeySpace space,
            long closeAfterMs,
            long haltAt,
            List<String> workers,
            boolean fallsBack) {
        static final long NEVER = Long.MAX_VALUE;

        /** As {@link #parse} reads it. */
        List<String> arguments(Path directory) {
            return List.of(
                    directory.toString(),
                    String.valueOf(seed),
                    String.valueOf(threads),
                    String.valueOf(space.families()),
                    String.valueOf(space.keys()),
                    String.valueOf(closeAfterMs),
                    String.valueOf(haltAt),
                    String.join(",", workers),
                    String.valueOf(fallsBack));
        }

        static Round parse(String[] arguments) {
            return new Round(
                    Long.parseLong(arguments[1]),
                    Integer.parseInt(arguments[2]),
                    new KeySpace(Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4])),
                    Long.parseLong(arguments[5]),
                    Long.parseLong(arguments[6]),
                    arguments[7].isEmpty() ? List.of() : List.of(arguments[7].split(",", -1)),
                    Boolean.parseBoolean(arguments[8]));
        }
    }

    /** Runs a round, by the arguments that {@link Round#arguments} makes. */
    public static void main(String[] arguments) throws InterruptedException {
        Lifetime.endWithParent(System.in, () -> Runtime.getRuntime().halt(1));
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        new StressChild(Path.of(arguments[0]), Round.parse(arguments), out).run();
    }

    private void run() throws InterruptedException {
        try (Watchdog watchdog = new Watchdog(HANG_SECONDS, this::report);
                Storage storage = storage()) {
            run(storage, watchdog);
        } catch (IOException | Finding | RuntimeException | AssertionError e) {
            report(e);
        }
    }

    private void run(Storage storage, Watchdog watchdog) throws IOException, Finding, InterruptedException {
        SplittableRandom random = new SplittableRandom(round.seed());
        KeySpace space = round.space();
        RoundOptions options = RoundOptions.draw(random, space, random.nextBoolean());
        ExpectedState expected = new ExpectedState(directory.resolve("expected"), space);
        say(OPENING, options.text());
        compactRemotely(options.store());
        Store store = Store.open(options.store().build(), storage, options.families());
        watchdog.progress();
        Baseline baseline = verify(store, storage, space, expected, options);
        watchdog.progress();
        expected.begin(baseline);
        KeyTable table = new KeyTable(space, baseline.states());
        Load load = new Load(store, options, table, this::report);
        load.start(round.threads(), baseline.round(), expected, random, watchdog);
        say(LOADING, "round " + baseline.round());
        // nobody counts this down: time passes, or the parent kills
        if (new CountDownLatch(1).await(round.closeAfterMs(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("counted down");
        }
        load.stop();
        StoreReading.check(store, space, table.states());
        store.close();
        expected.setClosed(baseline.round());
        say(CLOSED, "");
    }

    /** Holds the store against the round before, and returns the baseline of the next. */
    private Baseline verify(Store store, Storage storage, KeySpace space, ExpectedState expected, RoundOptions options)
            throws IOException, Finding {
        Baseline before = expected.baseline();
        List<Journal.Entry> entries = expected.entries(before.round());
        long[][][] states = StoreReading.read(store, space);
        SurvivalCheck check = new SurvivalCheck(before, entries, expected.closed(before.round()));
        List<String> findings = check.findings(states);
        if (!findings.isEmpty()) {
            throw new Finding(String.join(System.lineSeparator(), findings.subList(0, Math.min(20, findings.size()))));
        }
        StoreFiles.check(store, storage);
        say(
                VERIFIED,
                entries.stream().filter(Journal.Entry::isWrite).count()
                        + " " + check.lost()
                        + " " + expected.reads(before.round())
                        + " " + StoreFiles.builtByWorkers(store));
        return new Baseline(before.round() + 1, options.manualWalFlush(), states);
    }

    /** Sends compactions to the workers, which are given little time: they are killed. */
    private void compactRemotely(DBOptions.Builder options) {
        if (round.workers().isEmpty()) {
            return;
        }
        RemoteCompactionSettings settings = RemoteCompactionSettings.builder()
                .httpWorkers(round.workers().stream().map(RemoteWorker::of).toList())
                .dcompactMinLevel(0)
                .allowFallbackToLocal(round.fallsBack())
                .retrySleepTime(Duration.ofMillis(50))
                .build();
        options.remoteCompactionExecutor(new RemoteCompaction(settings))
                .maxBgErrorResumeCount(Integer.MAX_VALUE)
                .bgErrorResumeRetryInterval(Duration.ofMillis(20));
    }

    /** The store's directory; where this process is to halt at a call, that one has no effect. */
    private Storage storage() {
        LocalStorage storage = new LocalStorage(directory.resolve("db"));
        if (round.haltAt() == Round.NEVER) {
            return storage;
        }
        FaultInjectingStorage counting = new FaultInjectingStorage(storage);
        AtomicLong effects = new AtomicLong();
        counting.plan(call -> {
            if (EFFECTS.contains(call.operation()) && effects.incrementAndGet() >= round.haltAt()) {
                Runtime.getRuntime().halt(HALTED);
            }
            return null;
        });
        return counting;
    }

    private void report(Throwable e) {
        report(Finding.text(e));
    }

    /** Ends the process: the first finding counts. */
    private void report(String finding) {
        if (found.compareAndSet(false, true)) {
            finding.lines().forEach(line -> say(FINDING, line));
            Runtime.getRuntime().halt(1);
        }
    }

    private void say(String word, String text) {
        out.println(word + " " + text);
        out.flush();
    }
}
