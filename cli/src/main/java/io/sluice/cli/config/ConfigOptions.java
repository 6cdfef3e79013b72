// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.config.ConfigException;
import io.sluice.config.ConfigObject;
import io.sluice.config.ConfigValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** The parameters of an object in a configuration file, each the value of the option of the same name. */
public final class ConfigOptions {
    private static final String OFF = "off";

    private final ConfigObject object;

    ConfigOptions(ConfigObject object) {
        this.object = object;
    }

    /** Its name in the namespace. */
    public String name() {
        return object.name();
    }

    /** The key in a file of an option: {@code --write-buffer-size} is {@code write_buffer_size}. */
    public static String key(OptionSpec option) {
        return option.longestName().replaceFirst("^--", "").replace('-', '_');
    }

    /** Whether an option can stand in a file; what asks for help, names the file or shapes the output can't. */
    public static boolean configurable(OptionSpec option) {
        return !option.usageHelp()
                && !option.hidden()
                && !Set.of("--config", "--name", "--json").contains(option.longestName());
    }

    /**
     * Checks each parameter against the option of its name.
     *
     * @return by the option's longest name, the text to be parsed as if it had been given as a flag
     */
    public Map<String, String> values(CommandSpec command) {
        Map<String, OptionSpec> options = new TreeMap<>();
        for (OptionSpec option : command.options()) {
            if (configurable(option)) {
                options.put(key(option), option);
            }
        }
        Map<String, String> values = new HashMap<>();
        if (!object.params().isMissing()) {
            object.params().expectKeys(options.keySet());
            options.forEach((key, option) -> {
                ConfigValue value = object.params().get(key);
                if (!value.isMissing()) {
                    values.put(option.longestName(), text(option, value));
                }
            });
        }
        return values;
    }

    /** An error at the value of an option. */
    public ConfigException error(String optionName, String message) {
        return object.params()
                .get(optionName.replaceFirst("^--", "").replace('-', '_'))
                .error(message);
    }

    private static String text(OptionSpec option, ConfigValue value) {
        if (!option.isMultiValue()) {
            return scalar(option.type(), value);
        }
        List<String> texts = new ArrayList<>();
        for (ConfigValue element : value.elements()) {
            texts.add(scalar(option.auxiliaryTypes()[0], element));
        }
        return String.join(",", texts);
    }

    /** YAML reads the word {@code off} as false. */
    private static boolean isOff(Class<?> type, JsonNode node) {
        return node.isBoolean()
                && !node.booleanValue()
                && type.isEnum()
                && Arrays.stream(type.getEnumConstants())
                        .anyMatch(constant -> constant.toString().equalsIgnoreCase(OFF));
    }

    private static String scalar(Class<?> type, ConfigValue value) {
        JsonNode node = value.node();
        boolean fits = switch (Converters.kind(type)) {
            case BOOLEAN -> node.isBoolean();
            case INT, LONG -> node.isIntegralNumber();
            case DOUBLE -> node.isNumber();
            case SIZE, TEXT -> node.isTextual() || node.isIntegralNumber();
            case ADDRESS, TIME, PATH, ENUM -> node.isTextual();
        };
        if (!fits && isOff(type, node)) {
            return OFF;
        }
        if (!fits) {
            throw value.expected(Converters.allowed(type));
        }
        try {
            Converters.convert(type, node.asText());
        } catch (TypeConversionException e) {
            throw value.error(String.valueOf(e.getMessage()));
        }
        return node.asText();
    }
}
