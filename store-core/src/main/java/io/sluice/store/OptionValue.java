// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.options.OptionEntry;
import io.sluice.store.options.OptionText;
import java.math.BigInteger;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The value of one option, to be understood: numbers as {@code util/string_util.cc} reads them. */
final class OptionValue {
    private static final Pattern WHOLE = Pattern.compile("([+-]?[0-9]{1,40})([kKmMgGtT]?)");
    private static final Pattern DECIMAL = Pattern.compile("[+-]?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][+-]?[0-9]{1,4})?");
    private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);
    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);

    private final OptionsInterpreter interpreter;
    private final String section;
    private final OptionEntry entry;
    private final String text;

    /** A value within {@code entry}: the whole of it, or a property. */
    OptionValue(OptionsInterpreter interpreter, String section, OptionEntry entry, String text) {
        this.interpreter = interpreter;
        this.section = section;
        this.entry = entry;
        this.text = text;
    }

    OptionEntry entry() {
        return entry;
    }

    String section() {
        return section;
    }

    /** As it stands, for what has a syntax of its own. */
    String raw() {
        return text;
    }

    /** Whether it stands for an object that is not set. */
    boolean isNull() {
        return OptionText.objectId(text).isEmpty();
    }

    /** The property of that name in {@code {...}}, or null where there is none. */
    @Nullable
    OptionValue property(String name) {
        Map<String, String> properties = OptionText.properties(text);
        String value = properties == null ? null : properties.get(name);
        return value == null ? null : part(value);
    }

    /** A part of it, whose errors are those of the whole. */
    OptionValue part(String value) {
        return new OptionValue(interpreter, section, entry, value);
    }

    boolean flag() throws StoreException {
        return switch (text) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw interpreter.wrong(this, "true or false");
        };
    }

    /** A whole number; the nearest where it is out of range. */
    int integer(int min, int max) throws StoreException {
        return (int) number(min, max);
    }

    /** A whole number; the nearest where it is out of range. */
    long number(long min, long max) throws StoreException {
        long number = number();
        if (number < min || number > max) {
            interpreter.unsupported(this, "expected " + min + " to " + max);
        }
        return Math.max(min, Math.min(max, number));
    }

    /** A whole number, {@link Long#MAX_VALUE} where it is above, as RocksDB's unsigned ones can be. */
    long number() throws StoreException {
        Matcher matcher = WHOLE.matcher(text);
        if (!matcher.matches()) {
            throw interpreter.wrong(this, "a whole number");
        }
        int shift = 10
                * "_kmgt"
                        .indexOf(
                                matcher.group(2).isEmpty()
                                        ? '_'
                                        : Character.toLowerCase(matcher.group(2).charAt(0)));
        return new BigInteger(matcher.group(1))
                .shiftLeft(shift)
                .min(MOST)
                .max(LEAST)
                .longValueExact();
    }

    double decimal() throws StoreException {
        try {
            if (DECIMAL.matcher(text).matches()) {
                return Double.parseDouble(text);
            }
        } catch (NumberFormatException e) {
            throw interpreter.wrong(this, "a number"); // no digits
        }
        throw interpreter.wrong(this, "a number");
    }

    /** What one of several names stands for; null where it is none of them. */
    <T> @Nullable T oneOf(Map<String, T> values) throws StoreException {
        T value = values.get(OptionText.unescape(text));
        if (value == null) {
            interpreter.unsupported(this, "expected one of " + new TreeSet<>(values.keySet()));
        }
        return value;
    }

    /** Tells that Sluice cannot take the value. */
    void unsupported(String why) throws StoreException {
        interpreter.unsupported(this, why);
    }

    @Override
    public String toString() {
        return entry.name() + "=" + entry.value();
    }
}
