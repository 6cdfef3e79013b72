// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench;

import io.sluice.cli.command.CommandProvider;

/** Adds {@code bench} to the command line. */
public final class BenchProvider implements CommandProvider {
    @Override
    public Object command() {
        return new BenchCommand();
    }
}
