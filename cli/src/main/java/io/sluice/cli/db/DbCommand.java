// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice db}, as {@code ldb}. */
@Command(
        name = "db",
        description = {
            "Read and write a store, with ldb's commands, flags and output.",
            "What only reads opens the store without locking or changing it, also while another process has it open."
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ScanCommand.class,
            GetCommand.class,
            MultiGetCommand.class,
            WriteCommands.Put.class,
            WriteCommands.Delete.class,
            WriteCommands.BatchPut.class,
            WriteCommands.Compact.class,
            WriteCommands.Flush.class,
            ListCommand.class,
            CheckCommand.class
        },
        footer = {"", "Example: ./sluice db scan --db /data/db --hex --max_keys 10", "Each command has --help."})
public final class DbCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }
}
