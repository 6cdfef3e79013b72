// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The ranges of what stands in documents; a value outside is an {@link IllegalArgumentException} that names the key. */
final class Check {
    /** Characters of a name, a version, a URI, a code. */
    static final int MAX_NAME_LENGTH = 4096;

    private static final int MAX_STATISTICS = 256;
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    private Check() {}

    static void range(String key, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(key + "=" + value + " is not in " + min + ".." + max);
        }
    }

    static void atLeast(String key, long value, long min) {
        if (value < min) {
            throw new IllegalArgumentException(key + "=" + value + " is below " + min);
        }
    }

    /** A text that may be empty. */
    static void text(String key, String value, int maxLength) {
        if (value.length() > maxLength) {
            throw new IllegalArgumentException(
                    key + " has " + value.length() + " characters, expected at most " + maxLength);
        }
    }

    /** A name that is not empty. */
    static void name(String key, String value) {
        text(key, value, MAX_NAME_LENGTH);
        if (value.isEmpty()) {
            throw new IllegalArgumentException(key + " is empty");
        }
    }

    /** Unmodifiable, in the order of the names, which are not empty. */
    static Map<String, Long> statistics(Map<String, Long> statistics) {
        range("number of statistics", statistics.size(), 0, MAX_STATISTICS);
        statistics.keySet().forEach(name -> name("name in statistics", name));
        return Collections.unmodifiableMap(new TreeMap<>(statistics));
    }

    static void token(String token) {
        if (!TOKEN.matcher(token).matches()) {
            throw new IllegalArgumentException("token is not 1 to 128 letters, digits, - and _");
        }
    }

    static void version(int version) {
        if (version != Document.VERSION) {
            throw new IllegalArgumentException("version=" + version + " is not " + Document.VERSION);
        }
    }
}
