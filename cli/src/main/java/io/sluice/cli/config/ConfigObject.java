// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import com.fasterxml.jackson.databind.JsonNode;
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

/** One named object of a {@link ConfigFile}: its {@code params}, each the value of the option of the same name. */
public final class ConfigObject {
    private static final String OFF = "off";

    private final ConfigFile file;
    private final String at;
    private final String name;
    private final JsonNode params;

    ConfigObject(ConfigFile file, String at, String name, JsonNode params) {
        this.file = file;
        this.at = at;
        this.name = name;
        this.params = params;
    }

    /** Its name in the namespace. */
    public String name() {
        return name;
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
        for (var param : params.properties()) {
            file.expectKey(at, param.getKey(), options.keySet());
            OptionSpec option = options.get(param.getKey());
            if (option != null) {
                values.put(option.longestName(), value(option, param.getValue()));
            }
        }
        return values;
    }

    /** Where the value of an option stands, for messages. */
    public ConfigException error(String optionName, String message) {
        return file.error(at + "." + optionName.replaceFirst("^--", "").replace('-', '_'), message);
    }

    private String value(OptionSpec option, JsonNode node) {
        if (!option.isMultiValue()) {
            return scalar(option, option.type(), node);
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : node.isArray() ? node : List.of(node)) {
            texts.add(scalar(option, option.auxiliaryTypes()[0], element));
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

    private String scalar(OptionSpec option, Class<?> type, JsonNode node) {
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
            throw error(
                    option.longestName(),
                    "expected " + Converters.allowed(type) + ", found " + ConfigFile.describe(node));
        }
        try {
            Converters.convert(type, node.asText());
        } catch (TypeConversionException e) {
            throw error(option.longestName(), String.valueOf(e.getMessage()));
        }
        return node.asText();
    }
}
