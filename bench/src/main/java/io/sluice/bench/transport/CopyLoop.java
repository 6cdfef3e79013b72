// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The C program {@code copy_loop.c}, compiled here and now: blocks over a socket, with CRC32C of each chunk. */
final class CopyLoop {
    private static final String SOURCE = "copy_loop.c";
    /** As long as a fragment of ours. */
    private static final int CHUNK_LENGTH = 256 << 10;

    private CopyLoop() {}

    /** Compiles it; where it is now. */
    static Path compile(Path directory) throws CommandFailure, IOException, InterruptedException {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        if (!arch.equals("amd64")) {
            throw new CommandFailure("--vs c needs x86-64: its CRC32C is that processor's");
        }
        Path source = directory.resolve(SOURCE);
        Path program = directory.resolve("copy_loop");
        Path log = directory.resolve("cc.log");
        try (InputStream bytes = CopyLoop.class.getResourceAsStream(SOURCE)) {
            if (bytes == null) {
                throw new CommandFailure(SOURCE + " is not packed with the benchmarks");
            }
            Files.copy(bytes, source);
        }
        try {
            int exit = new ProcessBuilder("cc", "-O3", "-msse4.2", "-Wall", "-o", program.toString(), source.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw new CommandFailure("cc could not compile " + SOURCE + ":\n" + Files.readString(log));
            }
        } catch (IOException e) {
            throw new CommandFailure("--vs c needs a C compiler: on Debian, apt-get install gcc libc6-dev", e);
        }
        return program;
    }

    /** The command line of a side. */
    static List<String> command(Path program, boolean isServer, Load load) {
        List<String> command = new ArrayList<>();
        command.add(program.toString());
        command.add(isServer ? "server" : "client");
        command.add(load.host);
        command.add(Integer.toString(load.size()));
        command.add(Integer.toString(Math.min(CHUNK_LENGTH, load.size())));
        command.add(Integer.toString(load.warmUpMillis));
        command.add(Integer.toString(load.millis));
        return command;
    }
}
