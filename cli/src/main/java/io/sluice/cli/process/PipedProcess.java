// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Processes that talk with this one over their stdin and stdout. */
public final class PipedProcess {
    private PipedProcess() {}

    /**
     * Starts a process, which belongs to the caller.
     *
     * @param command the program and its arguments, given to no shell
     * @param log the file for its stderr
     */
    public static Process start(List<String> command, Path log) throws IOException {
        return new ProcessBuilder(command).redirectError(log.toFile()).start();
    }
}
