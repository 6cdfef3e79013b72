// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.command.CommandProvider;
import io.sluice.cli.command.Lifetime;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.Converters;
import io.sluice.cli.db.DbCommand;
import io.sluice.cli.demo.DemoCommand;
import io.sluice.cli.demo.EmbeddedHdfs;
import io.sluice.cli.parity.ParityCommand;
import io.sluice.cli.role.CertsCommand;
import io.sluice.cli.role.GeneratorCommand;
import io.sluice.cli.role.MemnodeCommand;
import io.sluice.cli.role.WorkerCommand;
import io.sluice.cli.tool.ManifestCommand;
import io.sluice.cli.tool.SstCommand;
import io.sluice.cli.tool.WalCommand;
import io.sluice.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code sluice} command.
 *
 * <p>Exit codes: 0 done (and a role that was asked to stop did so in order), 1 it failed, 2 it was called wrongly or its
 * configuration is wrong. Data goes to stdout, everything else to stderr.
 */
@Command(
        name = "sluice",
        description = "An LSM key-value store for the JVM whose flushes run on other machines.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            MemnodeCommand.class,
            WorkerCommand.class,
            GeneratorCommand.class,
            CertsCommand.class,
            EmbeddedHdfs.class,
            DbCommand.class,
            SstCommand.class,
            ManifestCommand.class,
            WalCommand.class,
            ParityCommand.class,
            VersionCommand.class,
            HelpCommand.class
        },
        footer = {
            "",
            "./sluice test runs all tests, ./sluice bench measures. Exit codes: 0 done, 1 failed, 2 called wrongly.",
            "A first look: ./sluice demo"
        })
public final class Main implements Runnable {
    /** It did not work. */
    public static final int FAILED = 1;

    /** Called wrongly. */
    public static final int USAGE = 2;

    @Spec
    private CommandSpec spec;

    private Main() {}

    /** Runs the command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        Lifetime.exit(run(args));
    }

    /** Runs the command in this JVM and returns its exit code. */
    public static int run(String... args) {
        CommandLine commandLine = commandLine();
        ConfigDefaults.install(commandLine, Arrays.asList(args));
        return commandLine.execute(args);
    }

    /** The whole command, as parsed and as documented. */
    public static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Main());
        ServiceLoader.load(CommandProvider.class).forEach(provider -> commandLine.addSubcommand(provider.command()));
        Converters.register(commandLine);
        ConfigDefaults.addOption(commandLine);
        addHelp(commandLine);
        commandLine
                .setParameterExceptionHandler(Main::calledWrongly)
                .setExecutionExceptionHandler((e, failed, parsed) -> failed(failed, e))
                .setUsageHelpAutoWidth(true)
                .setCaseInsensitiveEnumValuesAllowed(true);
        return commandLine;
    }

    private static void addHelp(CommandLine commandLine) {
        if (!commandLine.getCommandName().equals("help")) {
            commandLine
                    .getCommandSpec()
                    .addOption(OptionSpec.builder("-h", "--help")
                            .usageHelp(true)
                            .description("Show this help.")
                            .build());
        }
        // a command with aliases stands there once for each name
        new LinkedHashSet<>(commandLine.getSubcommands().values()).forEach(Main::addHelp);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    private static int calledWrongly(ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        err.println("sluice: " + e.getMessage());
        if (!(e.getCause() instanceof ConfigException)) {
            CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
            err.println("Try: ./" + name + " --help");
        }
        return USAGE;
    }

    /** An expected failure is its message; anything else is a fault of ours, and keeps its stack trace. */
    private static int failed(CommandLine commandLine, Exception e) {
        PrintWriter err = commandLine.getErr();
        if (e instanceof CommandFailure || e instanceof ConfigException || e instanceof IOException) {
            err.println("sluice: " + message(e));
        } else {
            err.println("sluice: an error that should not happen; please report it");
            e.printStackTrace(err);
        }
        return FAILED;
    }

    private static String message(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
