// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.config.ByteSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** What both sides must know of a run: options of the command, which hands them on to the sides. */
final class Load {
    private static final int DEFAULT_MESSAGE = 64;
    private static final int DEFAULT_BLOCK = 64 << 20;
    private static final int MIN_MESSAGE = 16;
    private static final int MAX_MESSAGE = 256 << 10;
    private static final int MAX_BLOCK = 1 << 30;

    @Option(
            names = "--mode",
            converter = Mode.Converter.class,
            description =
                    "pingpong, rate (open loop), stream (one way), block (one-sided writes), or ship (as block, a region"
                            + " for each operation, as memtables are shipped).")
    Mode mode = Mode.PINGPONG;

    @Option(
            names = "--size",
            description = "Bytes of a message (64 if not given) or block (64MiB).",
            showDefaultValue = Visibility.NEVER)
    private @Nullable ByteSize size;

    @Option(
            names = "--idle",
            converter = Idle.Converter.class,
            description = "What a side does while there is nothing to do: blocking, backoff, yielding, busy-spin.")
    Idle idle = Idle.BLOCKING;

    @Option(
            names = "--driver",
            converter = Driver.Converter.class,
            description = "Who runs the transport's duty cycle: caller or thread.")
    Driver driver = Driver.CALLER;

    @Option(names = "--rate", description = "Messages a second, with --mode rate.")
    int rate = 10_000;

    @Option(names = "--chunk", description = "Bytes of an operation, with --mode block and ship.")
    private ByteSize chunk = ByteSize.parse("1MiB");

    @Option(names = "--in-flight", description = "Operations under way at a time, with --mode block and ship.")
    int inFlight = 4;

    @Option(names = "--warm-up-millis", description = "Of each run, not measured.")
    int warmUpMillis = 500;

    @Option(names = "--millis", description = "Of each run, measured.")
    int millis = 2000;

    @Option(names = "--host", description = "This machine's address that the sides use; of RDMA, the device's.")
    String host = "127.0.0.1";

    /** Where the sides of TLS find what {@link Certificates} made. */
    @Option(names = "--certificates", hidden = true)
    @Nullable
    Path certificates;

    int size() {
        return size == null ? mode.isOneSided() ? DEFAULT_BLOCK : DEFAULT_MESSAGE : Math.toIntExact(size.bytes());
    }

    int chunk() {
        return Math.toIntExact(chunk.bytes());
    }

    /**
     * Checks what the parser can't.
     *
     * @throws IllegalArgumentException with what is wrong
     */
    void validate() {
        if (mode.isOneSided()) {
            check("--size", size == null ? DEFAULT_BLOCK : size.bytes(), 1, MAX_BLOCK);
        } else {
            check("--size", size == null ? DEFAULT_MESSAGE : size.bytes(), MIN_MESSAGE, MAX_MESSAGE);
        }
        check("--chunk", chunk.bytes(), 4096, 64 << 20);
        check("--in-flight", inFlight, 1, 64);
        check("--rate", rate, 1, 10_000_000);
        check("--warm-up-millis", warmUpMillis, 0, 3_600_000);
        check("--millis", millis, 1, 3_600_000);
    }

    private static void check(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(option + "=" + value + ", expected from " + min + " to " + max);
        }
    }

    /** Regions of {@link #chunk()} bytes that hold a block, the last one shorter maybe. */
    int chunks() {
        return (size() + chunk() - 1) / chunk();
    }

    /** These options, as a command line has them, but for the mode. */
    List<String> toArgs(Mode otherMode) {
        List<String> args = new ArrayList<>(List.of(
                "--mode=" + otherMode,
                "--size=" + size(),
                "--idle=" + idle,
                "--driver=" + driver,
                "--rate=" + rate,
                "--chunk=" + chunk.bytes(),
                "--in-flight=" + inFlight,
                "--warm-up-millis=" + warmUpMillis,
                "--millis=" + millis,
                "--host=" + host));
        if (certificates != null) {
            args.add("--certificates=" + certificates);
        }
        return args;
    }
}
