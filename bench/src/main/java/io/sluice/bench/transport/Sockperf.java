// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;

/** Debian's sockperf: blocking round trips over TCP, each told whole ({@code --full-rtt}). New processes for each run. */
final class Sockperf implements Contender {
    private static final Path PROGRAM = Path.of("/usr/bin/sockperf");
    private static final Pattern ROUND_TRIP = Pattern.compile("\\d+, *[0-9.]+, *[0-9.]+, *([0-9.]+)");
    private static final String READY = "Warmup stage";
    /** Into a pipe it would say that it is ready only at its end. */
    private static final List<String> UNBUFFERED = List.of("/usr/bin/stdbuf", "-oL", "-eL");

    private static final long LIMIT_S = 300;
    private static final long HIGHEST_NS = 60_000_000_000L;

    private final Load load;
    private final Cores cores;
    private final Path directory;

    /** Fails where it is not installed, or can't do what the others are asked to do. */
    Sockperf(Load load, Cores cores, Path directory) throws CommandFailure {
        this.load = load;
        this.cores = cores;
        this.directory = directory;
        if (load.idle != Idle.BLOCKING) {
            throw new CommandFailure("--vs sockperf can't do --idle " + load.idle + ": its sides block");
        }
        if (!Files.isExecutable(PROGRAM)) {
            throw new CommandFailure(
                    "there is no " + PROGRAM + " to compare with: on Debian, apt-get install sockperf");
        }
    }

    @Override
    public String name() {
        return "sockperf";
    }

    private List<String> command(String role, int port) {
        return List.of(PROGRAM.toString(), role, "--tcp", "--ip=" + load.host, "--port=" + port);
    }

    @Override
    public Run run() throws CommandFailure, IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(load.host))) {
            port = free.getLocalPort();
        }
        List<String> serverCommand = new ArrayList<>(UNBUFFERED);
        serverCommand.addAll(command("server", port));
        Process server = new ProcessBuilder(cores.at(true, serverCommand))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said = server.inputReader()) {
            awaitReady(said);
            Path times = directory.resolve("sockperf.csv");
            Path output = directory.resolve("sockperf-client");
            List<String> command = new ArrayList<>(command("ping-pong", port));
            command.add("--msg-size=" + load.size());
            command.add("--time=" + Math.max(1, TimeUnit.MILLISECONDS.toSeconds(load.millis)));
            command.add("--full-rtt");
            command.add("--full-log=" + times);
            Process client = new ProcessBuilder(cores.at(false, command))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                if (!client.waitFor(LIMIT_S, TimeUnit.SECONDS) || client.exitValue() != 0) {
                    throw new CommandFailure("sockperf did not end well:\n" + Files.readString(output));
                }
            } finally {
                client.destroyForcibly();
            }
            return new Run(latency(Files.readAllLines(times)), Run.UNTOLD);
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private static void awaitReady(BufferedReader said) throws CommandFailure, IOException {
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.contains(READY)) {
                return;
            }
            all.append(line).append('\n');
        }
        throw new CommandFailure("sockperf could not start:\n" + all);
    }

    /** Of lines {@code NUMBER, SENT, RECEIVED, MICROSECONDS}. */
    static Measurement latency(List<String> lines) throws CommandFailure {
        Histogram histogram = new Histogram(HIGHEST_NS, 3);
        double seconds = 0;
        for (String line : lines) {
            Matcher matcher = ROUND_TRIP.matcher(line.strip());
            if (matcher.matches()) {
                double roundTripUs = Double.parseDouble(matcher.group(1));
                histogram.recordValue(Math.min(HIGHEST_NS, Math.round(roundTripUs * 1e3)));
                seconds += roundTripUs / 1e6;
            }
        }
        if (histogram.getTotalCount() == 0) {
            throw new CommandFailure("sockperf told no times:\n" + String.join("\n", lines));
        }
        return new Measurement(histogram.getTotalCount(), seconds, -1, histogram);
    }

    @Override
    public void close() {
        // Its processes ended with each run.
    }
}
