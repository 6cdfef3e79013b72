// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The escapes and nesting of options' values: {@code util/string_util.cc} and {@code StringToMap} in {@code
 * options/options_helper.cc}.
 */
public final class OptionText {
    /** The key of an object's name among its properties. */
    static final String ID = "id";

    /** Characters of a text that a message shows. */
    private static final int SHOWN_LENGTH = 80;

    private static final String WHITESPACE = " \t\n\u000b\f\r";

    private OptionText() {}

    /** Puts a backslash before what means something in a file. */
    public static String escape(String raw) {
        StringBuilder out = new StringBuilder(raw.length() + 8);
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '\\', '#', ':' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** Undoes {@link #escape}; a backslash at the end is dropped. */
    public static String unescape(String escaped) {
        if (escaped.indexOf('\\') < 0) {
            return escaped;
        }
        StringBuilder out = new StringBuilder(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c != '\\') {
                out.append(c);
            } else if (++i < escaped.length()) {
                char meant = escaped.charAt(i);
                out.append(meant == 'n' ? '\n' : meant == 'r' ? '\r' : meant);
            }
        }
        return out.toString();
    }

    /** Without the whitespace of C at both ends. */
    static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && WHITESPACE.indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        while (start < end && WHITESPACE.indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return text.substring(start, end);
    }

    /** Without a comment, which begins at a {@code #} that has no backslash before it, and trimmed. */
    static String withoutComment(String line) {
        int end = line.indexOf('#');
        while (end > 0 && line.charAt(end - 1) == '\\') {
            end = line.indexOf('#', end + 1);
        }
        return trim(end < 0 ? line : line.substring(0, end));
    }

    /**
     * The properties in {@code {name=value;name={nested};}}, in their order, or null where the text is none such. Values are
     * unescaped and keep their spaces, unlike in RocksDB, which reads a delimiter of a comma and a space as a comma.
     */
    public static @Nullable Map<String, String> properties(String value) {
        String text = trim(value);
        if (text.length() < 2 || text.charAt(0) != '{' || closing(text, 0) != text.length() - 1) {
            return null;
        }
        Map<String, String> properties = new LinkedHashMap<>();
        int end = text.length() - 1;
        int at = 1;
        while (!isBlank(text, at, end)) {
            int equals = text.indexOf('=', at);
            if (equals < 0 || equals >= end) {
                return null;
            }
            String name = trim(text.substring(at, equals));
            int next;
            String content;
            if (text.charAt(equals + 1) == '{') {
                int closing = closing(text, equals + 1);
                next = closing + 1;
                if (closing < 0 || closing >= end || (next < end && text.charAt(next) != ';')) {
                    return null;
                }
                content = text.substring(equals + 2, closing);
            } else {
                int semicolon = text.indexOf(';', equals);
                next = semicolon < 0 ? end : Math.min(end, semicolon);
                content = text.substring(equals + 1, next);
            }
            boolean isName = !name.isEmpty() && name.indexOf('{') < 0 && name.indexOf('}') < 0;
            if (!isName || properties.put(name, unescape(content)) != null) {
                return null;
            }
            at = next + 1;
        }
        return properties;
    }

    /** The name of the object that a value stands for: the value itself, or its property {@code id}; empty for none. */
    public static String objectId(String value) {
        Map<String, String> properties = properties(value);
        String id = properties == null ? unescape(value) : properties.getOrDefault(ID, "");
        return id.equals(OptionsFileFormat.NULL) ? "" : trim(id);
    }

    /** Text of a file as a message can show it. */
    public static String shown(String text) {
        String shown = text.length() <= SHOWN_LENGTH ? text : text.substring(0, SHOWN_LENGTH) + "...";
        return shown.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private static boolean isBlank(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (WHITESPACE.indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Where the brace at {@code open} is closed, or a negative number. */
    private static int closing(String text, int open) {
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0) {
                return i;
            }
        }
        return -1;
    }
}
