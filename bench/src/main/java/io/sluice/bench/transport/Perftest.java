// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;

/**
 * Debian's perftest: {@code ib_send_lat} for messages, whose half round trips are doubled here, and {@code ib_write_bw} for
 * blocks, with operations as long, and as many under way, as ours. New processes for each run.
 */
final class Perftest implements Contender {
    private static final Path DIRECTORY = Path.of("/usr/bin");
    private static final Pattern LATENCY = Pattern.compile("\\d+, *([0-9.]+)");
    private static final Pattern BANDWIDTH =
            Pattern.compile("\\s*\\d+\\s+(\\d+)\\s+[0-9.]+\\s+([0-9.]+)\\s+[0-9.]+\\s*");
    private static final String READY = "Waiting for client";
    /** Into a pipe it would say that it is ready only at its end. */
    private static final List<String> UNBUFFERED = List.of("/usr/bin/stdbuf", "-oL");

    private static final long LIMIT_S = 300;
    private static final long HIGHEST_NS = 60_000_000_000L;
    /** About how many messages, or operations, a millisecond has on a software device, so that a run is of the length asked. */
    private static final double MESSAGES_PER_MS = 10;

    private static final double OPERATIONS_PER_MS = 0.1;
    private static final double MEBI = 1 << 20;

    private final Load load;
    private final Cores cores;
    private final Path directory;

    /** Fails where it is not installed. */
    Perftest(Load load, Cores cores, Path directory) throws CommandFailure {
        this.load = load;
        this.cores = cores;
        this.directory = directory;
        if (!Files.isExecutable(DIRECTORY.resolve(program()))) {
            throw new CommandFailure("there is no " + DIRECTORY.resolve(program())
                    + " to compare with: on Debian, apt-get install perftest");
        }
    }

    @Override
    public String name() {
        return "perftest";
    }

    private String program() {
        return load.mode == Mode.BLOCK ? "ib_write_bw" : "ib_send_lat";
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(DIRECTORY.resolve(program()).toString());
        command.add("--rdma_cm");
        command.add("--CPU-freq");
        if (load.mode == Mode.BLOCK) {
            long count = Math.max(4L * load.inFlight, (long) (load.millis * OPERATIONS_PER_MS));
            command.addAll(List.of("--size=" + load.chunk(), "--tx-depth=" + load.inFlight, "--iters=" + count));
        } else {
            long count = Math.max(100, (long) (load.millis * MESSAGES_PER_MS));
            command.addAll(List.of("--size=" + load.size(), "--iters=" + count, "--report-unsorted"));
        }
        return command;
    }

    @Override
    public Run run() throws CommandFailure, IOException, InterruptedException {
        List<String> serverCommand = new ArrayList<>(UNBUFFERED);
        serverCommand.addAll(command());
        Process server = new ProcessBuilder(cores.at(true, serverCommand))
                .redirectErrorStream(true)
                .start();
        BufferedReader said = server.inputReader();
        // The server tells its times too, and would wait for ever for somebody to read them.
        Thread drain = new Thread(() -> drain(said), "perftest-server-stdout");
        drain.setDaemon(true);
        try {
            awaitReady(said);
            drain.start();
            return new Run(runClient(), Run.UNTOLD);
        } finally {
            server.destroyForcibly().waitFor();
            drain.join();
        }
    }

    private Measurement runClient() throws CommandFailure, IOException, InterruptedException {
        Path output = directory.resolve("perftest-client");
        List<String> command = new ArrayList<>(command());
        command.add(load.host);
        Process client = new ProcessBuilder(cores.at(false, command))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!client.waitFor(LIMIT_S, TimeUnit.SECONDS) || client.exitValue() != 0) {
                throw new CommandFailure(program() + " did not end well:\n" + Files.readString(output));
            }
        } finally {
            client.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(output);
        return load.mode == Mode.BLOCK ? bandwidth(lines, load) : latency(lines);
    }

    private static void drain(BufferedReader said) {
        try (said) {
            while (said.readLine() != null) {}
        } catch (IOException e) {
            // It was ended: there is nothing more to read.
        }
    }

    private void awaitReady(BufferedReader said) throws CommandFailure, IOException {
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.contains(READY)) {
                return;
            }
            all.append(line).append('\n');
        }
        throw new CommandFailure(program() + " could not start:\n" + all);
    }

    /** Of lines {@code NUMBER, MICROSECONDS}, each half a round trip. */
    static Measurement latency(List<String> lines) throws CommandFailure {
        Histogram histogram = new Histogram(HIGHEST_NS, 3);
        double seconds = 0;
        for (String line : lines) {
            Matcher matcher = LATENCY.matcher(line.strip());
            if (matcher.matches()) {
                double roundTripUs = 2 * Double.parseDouble(matcher.group(1));
                histogram.recordValue(Math.min(HIGHEST_NS, Math.round(roundTripUs * 1e3)));
                seconds += roundTripUs / 1e6;
            }
        }
        if (histogram.getTotalCount() == 0) {
            throw new CommandFailure("ib_send_lat told no times:\n" + String.join("\n", lines));
        }
        return new Measurement(histogram.getTotalCount(), seconds, -1, histogram);
    }

    /** Of the line that has size, operations, highest and average MiB a second, messages. */
    static Measurement bandwidth(List<String> lines, Load load) throws CommandFailure {
        for (String line : lines) {
            Matcher matcher = BANDWIDTH.matcher(line);
            if (matcher.matches()) {
                double blocks = Double.parseDouble(matcher.group(1)) * load.chunk() / load.size();
                double blocksPerSecond = Double.parseDouble(matcher.group(2)) * MEBI / load.size();
                long count = Math.max(1, Math.round(blocks));
                return new Measurement(count, count / blocksPerSecond, -1, null);
            }
        }
        throw new CommandFailure("ib_write_bw told no bandwidth:\n" + String.join("\n", lines));
    }

    @Override
    public void close() {
        // Its processes ended with each run.
    }
}
