// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import io.sluice.config.ByteSize;
import io.sluice.config.TimeSpan;
import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The types that options have, and how each is read and told. */
public final class Converters {
    private Converters() {}

    /** Teaches a command and its subcommands the types that picocli does not know. */
    public static void register(CommandLine commandLine) {
        commandLine.registerConverter(ByteSize.class, text -> (ByteSize) convert(ByteSize.class, text));
        commandLine.registerConverter(HostPort.class, text -> (HostPort) convert(HostPort.class, text));
        commandLine.registerConverter(TimeSpan.class, text -> (TimeSpan) convert(TimeSpan.class, text));
    }

    /** Reads a value of a type as picocli would. */
    static Object convert(Class<?> type, String text) {
        try {
            return switch (kind(type)) {
                case BOOLEAN -> Boolean.valueOf(text);
                case INT -> Integer.valueOf(text);
                case LONG -> Long.valueOf(text);
                case DOUBLE -> Double.valueOf(text);
                case SIZE -> ByteSize.parse(text);
                case ADDRESS -> HostPort.parse(text);
                case TIME -> TimeSpan.parse(text);
                case PATH -> Path.of(text);
                case ENUM -> constant(type, text);
                case TEXT -> text;
            };
        } catch (NumberFormatException e) {
            throw new TypeConversionException("expected " + allowed(type) + ", found '" + text + "'");
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    /** What a value of a type may be. */
    static String allowed(Class<?> type) {
        return switch (kind(type)) {
            case BOOLEAN -> "true or false";
            case INT -> "a whole number up to " + Integer.MAX_VALUE;
            case LONG -> "a whole number";
            case DOUBLE -> "a number";
            case SIZE -> ByteSize.ALLOWED;
            case ADDRESS -> HostPort.ALLOWED;
            case TIME -> TimeSpan.ALLOWED;
            case PATH -> "a path";
            case ENUM -> "one of " + Arrays.toString(type.getEnumConstants());
            case TEXT -> "a text";
        };
    }

    /** The kinds of values that configuration files tell apart. */
    enum Kind {
        BOOLEAN,
        INT,
        LONG,
        DOUBLE,
        SIZE,
        ADDRESS,
        TIME,
        PATH,
        ENUM,
        TEXT
    }

    static Kind kind(Class<?> type) {
        if (type == boolean.class || type == Boolean.class) {
            return Kind.BOOLEAN;
        } else if (type == int.class || type == Integer.class) {
            return Kind.INT;
        } else if (type == long.class || type == Long.class) {
            return Kind.LONG;
        } else if (type == double.class || type == Double.class) {
            return Kind.DOUBLE;
        } else if (type == ByteSize.class) {
            return Kind.SIZE;
        } else if (type == HostPort.class) {
            return Kind.ADDRESS;
        } else if (type == TimeSpan.class) {
            return Kind.TIME;
        } else if (type == Path.class) {
            return Kind.PATH;
        }
        return type.isEnum() ? Kind.ENUM : Kind.TEXT;
    }

    private static Object constant(Class<?> type, String text) {
        for (Object constant : type.getEnumConstants()) {
            if (constant.toString().equalsIgnoreCase(text)
                    || ((Enum<?>) constant).name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw new TypeConversionException("expected " + allowed(type) + ", found '" + text + "'");
    }
}
