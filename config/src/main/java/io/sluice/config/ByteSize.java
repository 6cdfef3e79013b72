// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, written plainly or with a binary unit: {@code 67108864}, {@code 64MiB}, {@code 64M}.
 *
 * @param bytes 0 and up
 */
public record ByteSize(long bytes) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,19})\\s*(?:([KMGT])(?:iB)?)?");
    private static final String UNITS = "KMGT";

    /** What is allowed, for messages. */
    public static final String ALLOWED = "a size such as 67108864, 512KiB, 64MiB or 2GiB";

    /** Reads a size. */
    public static ByteSize parse(String text) {
        Matcher matcher = TEXT.matcher(text.trim());
        try {
            if (matcher.matches()) {
                int shift = matcher.group(2) == null ? 0 : 10 * (UNITS.indexOf(matcher.group(2)) + 1);
                return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift));
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is beyond the largest size", e);
        }
        throw new IllegalArgumentException("expected " + ALLOWED + ", found '" + text + "'");
    }

    /** The size as an int, for what can't be larger. */
    public int intBytes() {
        return Math.toIntExact(bytes);
    }

    /** In the largest unit that gives a whole number, as {@link #parse} reads it. */
    @Override
    public String toString() {
        for (int unit = UNITS.length(); unit > 0; unit--) {
            if (bytes != 0 && bytes % (1L << (10 * unit)) == 0) {
                return (bytes >> (10 * unit)) + UNITS.substring(unit - 1, unit) + "iB";
            }
        }
        return Long.toString(bytes);
    }

    /** For people: {@code 1.4 GiB}. */
    public static String approximate(double bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length()) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? String.format(Locale.ROOT, "%.0f B", value)
                : String.format(Locale.ROOT, "%.1f %siB", value, UNITS.charAt(unit - 1));
    }
}
