// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What a command printed.
 *
 * @param out one character for each byte
 */
public record ToolRun(int exitCode, String out, String err) {
    /** Runs a command of ours in this JVM. Tests run one after the other, so that stdout can be taken. */
    public static ToolRun sluice(String... command) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        PrintStream stdout = System.out;
        int exitCode;
        try (PrintStream taken = new PrintStream(out, false, UTF_8)) {
            System.setOut(taken);
            exitCode = Main.commandLine().setErr(new PrintWriter(err, true)).execute(command);
        } finally {
            System.setOut(stdout);
        }
        return new ToolRun(exitCode, out.toString(ISO_8859_1), err.toString());
    }

    /** Runs a program of RocksDB's. */
    public static ToolRun program(Path directory, String... command) throws IOException, InterruptedException {
        Path err = directory.resolve("stderr.txt");
        Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " hangs");
        }
        return new ToolRun(process.exitValue(), out, Files.readString(err));
    }
}
