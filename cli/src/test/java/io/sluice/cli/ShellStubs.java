// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** Runs shell scripts of this project with nothing on the PATH but some programs of the system and stubs of others. */
final class ShellStubs {
    private final Path bin;

    /**
     * Makes the directory that becomes the PATH.
     *
     * @param programs of the system; one that is not there is left out
     */
    ShellStubs(Path bin, List<String> programs) throws IOException {
        assumeThat(Path.of("/bin/bash")).as("bash is there").exists();
        this.bin = Files.createDirectories(bin);
        for (String program : programs) {
            for (String place : List.of("/bin/", "/usr/bin/")) {
                if (Files.exists(Path.of(place + program)) && !Files.exists(bin.resolve(program))) {
                    Files.createSymbolicLink(bin.resolve(program), Path.of(place + program));
                }
            }
        }
    }

    /** Puts a script in the place of a program. */
    void program(String name, String text) throws IOException {
        script(bin.resolve(name), text);
    }

    /** Writes an executable bash script. */
    static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.deleteIfExists(file);
        Files.writeString(file, "#!/bin/bash\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A script, to be started. */
    TestProcess.Builder bash(Path script) {
        return TestProcess.command("/bin/bash", script.toString()).environment("PATH", bin.toString());
    }
}
