// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import io.sluice.config.ConfigException;
import io.sluice.config.ConfigFile;
import io.sluice.config.StoreConfiguration;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Gives the options of a command the values of a configuration file, or else of environment variables; a flag on the
 * command line goes before them. So each option is defined once, for all.
 */
public final class ConfigDefaults implements IDefaultValueProvider {
    private final CommandLine command;
    private final Map<String, String> values;
    private final @Nullable ConfigOptions object;
    private final EnvironmentDefaults environment;

    private ConfigDefaults(
            CommandLine command,
            Map<String, String> values,
            @Nullable ConfigOptions object,
            EnvironmentDefaults environment) {
        this.command = command;
        this.values = values;
        this.object = object;
        this.environment = environment;
    }

    /** A command that takes its options from the object of a namespace. */
    public interface Configured {
        /** Where its objects stand in a file. */
        String namespace();

        /** The class of its objects. */
        String type();

        /** The environment variable that gives an option's default, by the option's longest name. */
        default Map<String, String> environment() {
            return Map.of();
        }
    }

    /** Adds {@code --config} to each command below {@code root} that can take its options from a file. */
    public static void addOption(CommandLine root) {
        for (CommandLine command : root.getSubcommands().values()) {
            if (command.getCommand() instanceof Configured configured) {
                command.getCommandSpec()
                        .addOption(OptionSpec.builder("--config")
                                .paramLabel("FILE")
                                .type(Path.class)
                                .description(
                                        "A YAML or JSON file whose object in the namespace " + configured.namespace()
                                                + " (the one of --name where there are several) gives the options that are not"
                                                + " given as flags.")
                                .build());
            }
        }
    }

    /** {@link #install(CommandLine, List, Map)} with this process's environment. */
    public static void install(CommandLine root, List<String> args) {
        install(root, args, System.getenv());
    }

    /**
     * Reads the file that {@code args} name with {@code --config}, if any. An error in it becomes a
     * {@link ParameterException} when the command line is parsed.
     */
    public static void install(CommandLine root, List<String> args, Map<String, String> environment) {
        String file = valueOf("--config", args);
        CommandLine command = args.isEmpty() ? null : root.getSubcommands().get(args.get(0));
        if (command == null || !(command.getCommand() instanceof Configured configured)) {
            return;
        }
        EnvironmentDefaults variables = new EnvironmentDefaults(configured.environment(), environment);
        IDefaultValueProvider provider;
        try {
            ConfigOptions object = file == null
                    ? null
                    : new ConfigOptions(ConfigFile.load(Path.of(file), namespaces(root))
                            .object(configured.namespace(), valueOf("--name", args), Set.of(configured.type())));
            provider = new ConfigDefaults(
                    command, object == null ? Map.of() : object.values(command.getCommandSpec()), object, variables);
        } catch (ConfigException e) {
            provider = arg -> {
                throw new ParameterException(command, e.getMessage(), e);
            };
        }
        command.setDefaultValueProvider(provider);
    }

    /** The file that was given with {@code --config}, or null. */
    public static @Nullable Path file(CommandSpec command) {
        OptionSpec option = command.findOption("--config");
        return option == null ? null : option.getValue();
    }

    private static Set<String> namespaces(CommandLine root) {
        Set<String> namespaces = new TreeSet<>(Set.of(StoreConfiguration.COMPACTION_EXECUTOR_FACTORY));
        for (CommandLine command : root.getSubcommands().values()) {
            if (command.getCommand() instanceof Configured configured) {
                namespaces.add(configured.namespace());
            }
        }
        return namespaces;
    }

    private static @Nullable String valueOf(String option, List<String> args) {
        for (int i = 1; i < args.size(); i++) {
            if (args.get(i).startsWith(option + "=")) {
                return args.get(i).substring(option.length() + 1);
            } else if (args.get(i).equals(option) && i + 1 < args.size()) {
                return args.get(i + 1);
            }
        }
        return null;
    }

    @Override
    public @Nullable String defaultValue(ArgSpec arg) {
        if (!(arg instanceof OptionSpec option)) {
            return null;
        }
        if (object != null && option.longestName().equals("--name")) {
            return object.name();
        }
        String value = values.get(option.longestName());
        try {
            return value == null ? environment.value(option) : value;
        } catch (ConfigException e) {
            throw new ParameterException(command, e.getMessage(), e);
        }
    }

    /**
     * An error about an option's value, naming the flag, the file and the path in it, or the environment variable, from
     * which it came.
     */
    public static ParameterException error(CommandSpec command, String optionName, String message) {
        boolean flag = command.commandLine().getParseResult() != null
                && command.commandLine().getParseResult().hasMatchedOption(optionName);
        if (!flag && command.defaultValueProvider() instanceof ConfigDefaults defaults) {
            ConfigException e = defaults.sourceError(optionName, message);
            if (e != null) {
                return new ParameterException(command.commandLine(), e.getMessage(), e);
            }
        }
        return new ParameterException(command.commandLine(), optionName + ": " + message);
    }

    private @Nullable ConfigException sourceError(String optionName, String message) {
        if (object != null && values.containsKey(optionName)) {
            return object.error(optionName, message);
        }
        return environment.has(optionName) ? environment.error(optionName, message) : null;
    }
}
