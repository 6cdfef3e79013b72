// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A duration as people write it: {@code 500ms}, {@code 10s}, {@code 2m}, {@code 1h}.
 *
 * @param duration above or equal to 0, in whole milliseconds
 */
public record TimeSpan(Duration duration) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");

    /** What is allowed, for messages. */
    public static final String ALLOWED = "a time such as 500ms, 10s, 2m or 1h";

    /** Reads a duration. */
    public static TimeSpan parse(String text) {
        Matcher matcher = TEXT.matcher(text.trim());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("expected " + ALLOWED + ", found '" + text + "'");
        }
        long amount = Long.parseLong(matcher.group(1));
        return new TimeSpan(
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    default -> Duration.ofHours(amount);
                });
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        long millis = duration.toMillis();
        return millis % 1000 != 0 || millis == 0 ? millis + "ms" : millis / 1000 + "s";
    }
}
