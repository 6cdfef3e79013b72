// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A value in a configuration, and where it stands: each reader either returns what was asked for, or throws a
 * {@link ConfigException} that names the place, what is allowed and what was found. Immutable.
 */
public final class ConfigValue {
    private static final BigDecimal NANOS_PER_SECOND = BigDecimal.valueOf(1_000_000_000);
    private static final BigDecimal MAX_SECONDS = BigDecimal.valueOf(1_000_000_000);

    private final String source;
    private final String at;
    private final JsonNode node;

    private ConfigValue(String source, String at, JsonNode node) {
        this.source = source;
        this.at = at;
        this.node = node;
    }

    /**
     * A whole configuration.
     *
     * @param source where it comes from, such as a file's name: it begins every error's message
     */
    public static ConfigValue root(String source, JsonNode node) {
        return new ConfigValue(source, "", node);
    }

    /** The value as it was written. */
    public JsonNode node() {
        return node;
    }

    /** Whether there is nothing. */
    public boolean isMissing() {
        return node.isMissingNode();
    }

    /** Whether it has keys. */
    public boolean isObject() {
        return node.isObject();
    }

    /** An error at this place. */
    public ConfigException error(String message) {
        return new ConfigException(source + ": " + (at.isEmpty() ? "" : at + ": ") + message);
    }

    /** An error that tells what was found. */
    public ConfigException expected(String allowed) {
        return error("expected " + allowed + ", found " + description());
    }

    /** The value of a key of an object; a missing one is missing. */
    public ConfigValue get(String key) {
        return new ConfigValue(source, at.isEmpty() ? key : at + "." + key, node.path(key));
    }

    /** The values of an object by key, in the order of the text. */
    public Map<String, ConfigValue> entries() {
        if (!node.isObject()) {
            throw expected("an object (key: value)");
        }
        Map<String, ConfigValue> entries = new LinkedHashMap<>();
        node.fieldNames().forEachRemaining(key -> entries.put(key, get(key)));
        return entries;
    }

    /** Refuses keys of an object that aren't among {@code allowed}. */
    public void expectKeys(Set<String> allowed) {
        entries().forEach((key, value) -> {
            if (!allowed.contains(key)) {
                throw value.error("unknown key; expected one of " + new TreeSet<>(allowed));
            }
        });
    }

    /** The values of a list; of anything else, that alone. */
    public List<ConfigValue> elements() {
        if (!node.isArray()) {
            return List.of(this);
        }
        List<ConfigValue> elements = new ArrayList<>();
        for (JsonNode element : node) {
            elements.add(new ConfigValue(source, at + "[" + elements.size() + "]", element));
        }
        return elements;
    }

    /** A text. */
    public String text() {
        if (!node.isTextual()) {
            throw expected("a text");
        }
        return node.asText();
    }

    /** True or false. */
    public boolean bool() {
        if (!node.isBoolean()) {
            throw expected("true or false");
        }
        return node.booleanValue();
    }

    /** A whole number from {@code min} to {@code max}. */
    public int integer(int min, int max) {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < min || node.intValue() > max) {
            throw expected("a whole number from " + min + " to " + max);
        }
        return node.intValue();
    }

    /** A number from {@code min} to {@code max}. */
    public double number(double min, double max) {
        double value = node.isNumber() ? node.doubleValue() : Double.NaN;
        if (!(value >= min && value <= max)) {
            throw expected("a number from " + min + " to " + max);
        }
        return value;
    }

    /** Bytes: a whole number, or a text as {@link ByteSize} reads it, from {@code min} to {@code max}. */
    public long size(long min, long max) {
        long bytes = -1;
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            bytes = node.longValue();
        } else if (node.isTextual()) {
            try {
                bytes = ByteSize.parse(node.asText()).bytes();
            } catch (IllegalArgumentException e) {
                throw error(String.valueOf(e.getMessage()));
            }
        }
        if (bytes < min || bytes > max) {
            throw expected(ByteSize.ALLOWED + ", from " + min + " to " + max);
        }
        return bytes;
    }

    /** A time: a number of seconds, or a text as {@link TimeSpan} reads it, from {@code min} to {@code max}. */
    public Duration duration(Duration min, Duration max) {
        Duration value = null;
        if (node.isNumber() && Double.isFinite(node.doubleValue()) && Math.abs(node.doubleValue()) <= 1e9) {
            BigDecimal seconds = node.decimalValue().min(MAX_SECONDS);
            value = Duration.ofNanos(seconds.multiply(NANOS_PER_SECOND)
                    .setScale(0, RoundingMode.HALF_UP)
                    .longValueExact());
        } else if (node.isTextual()) {
            try {
                value = TimeSpan.parse(node.asText()).duration();
            } catch (IllegalArgumentException e) {
                throw error(String.valueOf(e.getMessage()));
            }
        }
        if (value == null || value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw expected(
                    "seconds, or " + TimeSpan.ALLOWED + ", from " + new TimeSpan(min) + " to " + new TimeSpan(max));
        }
        return value;
    }

    /** A constant, by what it prints or by its name, in upper or lower case. */
    public <E extends Enum<E>> E constant(Class<E> type) {
        if (node.isTextual()) {
            for (E constant : type.getEnumConstants()) {
                if (constant.toString().equalsIgnoreCase(node.asText())
                        || constant.name().equalsIgnoreCase(node.asText())) {
                    return constant;
                }
            }
        }
        throw expected("one of " + Arrays.toString(type.getEnumConstants()));
    }

    /** What is there, for messages. */
    public String description() {
        return switch (node.getNodeType()) {
            case MISSING -> "nothing";
            case NULL -> "null";
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            case STRING -> "the text '" + node.asText() + "'";
            case NUMBER -> "the number " + node.asText();
            case BOOLEAN -> "the boolean " + node.asText();
            case BINARY, POJO -> "binary data";
        };
    }
}
