// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The keytool of this JVM's Java. */
public final class KeytoolCommand {
    private KeytoolCommand() {}

    /**
     * Runs it to its end; it is asked nothing.
     *
     * @throws IOException where it can't be started, or fails; with what it said
     */
    public static void run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(arguments);
        command.add(
                0, Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("keytool failed: " + said.strip());
        }
    }
}
