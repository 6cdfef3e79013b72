// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.command;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where Sluice's own sources and documents are: the launcher tells it. */
public final class Home {
    private Home() {}

    /** The root of the repository. */
    public static Path path() throws CommandFailure {
        String home = System.getProperty("sluice.home");
        if (home == null || !Files.isDirectory(Path.of(home))) {
            throw new CommandFailure("needs the repository: run it as ./sluice, or with -Dsluice.home=DIRECTORY");
        }
        return Path.of(home);
    }
}
