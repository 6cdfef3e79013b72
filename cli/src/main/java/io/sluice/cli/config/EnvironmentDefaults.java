// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import io.sluice.config.ConfigException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * What environment variables say of a command's options. One that is empty says nothing.
 *
 * @param variables the variable by its option's longest name
 * @param environment the value by its variable
 */
record EnvironmentDefaults(Map<String, String> variables, Map<String, String> environment) {
    /** Whether an option's value is there. */
    boolean has(String optionName) {
        String variable = variables.get(optionName);
        return variable != null && !environment.getOrDefault(variable, "").isEmpty();
    }

    /**
     * The value of an option, as a flag would give it; null for none.
     *
     * @throws ConfigException where it is no value of the option's type
     */
    @Nullable
    String value(OptionSpec option) {
        String variable = variables.get(option.longestName());
        if (variable == null || !has(option.longestName())) {
            return null;
        }
        String text = environment.getOrDefault(variable, "");
        if (Converters.kind(option.type()) == Converters.Kind.BOOLEAN) {
            return truth(option.longestName(), text);
        }
        try {
            Object unused = Converters.convert(option.type(), text);
        } catch (TypeConversionException e) {
            throw error(option.longestName(), String.valueOf(e.getMessage()));
        }
        return text;
    }

    /** An error in the value of an option. */
    ConfigException error(String optionName, String message) {
        return new ConfigException("environment variable " + variables.get(optionName) + ": " + message);
    }

    private String truth(String optionName, String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "1", "true", "yes", "on" -> "true";
            case "0", "false", "no", "off" -> "false";
            default -> throw error(optionName, "expected 1 or 0 (or true or false), found '" + text + "'");
        };
    }
}
