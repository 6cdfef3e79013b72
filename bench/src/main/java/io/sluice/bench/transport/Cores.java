// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the sides run: the server on one processor, the client on another, so that neither moves nor meets the other.
 *
 * @param pinned whether they are held there; else the system puts them where it likes
 */
record Cores(boolean pinned, int server, int client) {
    private static final Path TASKSET = Path.of("/usr/bin/taskset");

    /** Reads {@code SERVER,CLIENT} or {@code any}. */
    static Cores parse(String text) throws CommandFailure {
        if (text.equals("any")) {
            return new Cores(false, -1, -1);
        }
        String[] numbers = text.split(",", -1);
        int available = Runtime.getRuntime().availableProcessors();
        try {
            Cores cores = new Cores(true, Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
            if (cores.server >= 0 && cores.client >= 0 && Math.max(cores.server, cores.client) < available) {
                return cores;
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new CommandFailure("--cores=" + text + ", expected SERVER,CLIENT or any", e);
        }
        throw new CommandFailure("--cores=" + text + ", but there are " + available
                + " processors: name two of them, from 0, or --cores any");
    }

    /** The command that runs another one at its place. */
    List<String> at(boolean isServer, List<String> command) throws CommandFailure {
        if (!pinned) {
            return command;
        }
        if (!Files.isExecutable(TASKSET)) {
            throw new CommandFailure(
                    "no " + TASKSET + " to hold each side on a processor: install util-linux, or" + " --cores any");
        }
        List<String> placed = new ArrayList<>();
        placed.add(TASKSET.toString());
        placed.add("--cpu-list");
        placed.add(Integer.toString(isServer ? server : client));
        placed.addAll(command);
        return placed;
    }
}
