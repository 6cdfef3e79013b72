// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.command;

import java.util.ServiceLoader;

/** Adds a command to {@code sluice} from a module above this one. Found by {@link ServiceLoader}. */
public interface CommandProvider {
    /** The command, as picocli takes it. */
    Object command();
}
