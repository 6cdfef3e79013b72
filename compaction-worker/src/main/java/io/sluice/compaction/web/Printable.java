// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

/** How what comes from outside is shown to people. */
public final class Printable {
    /** Stands for what can't be shown. */
    static final char REPLACEMENT = '\ufffd';

    private Printable() {}

    /** Neither a control character nor one that turns the direction of the text around it. */
    static boolean isPlain(char c) {
        boolean isControl = (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
        boolean turns = (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
        return !isControl && !turns;
    }

    /**
     * Bytes as text: ASCII as it is, other bytes as {@code \xNN}.
     *
     * @param maxLength of the bytes that are shown; where there are more, dots follow
     */
    public static String bytes(byte[] bytes, int maxLength) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(bytes.length, maxLength); i++) {
            int b = bytes[i] & 0xff;
            if (b >= ' ' && b < 0x7f && b != '\\') {
                text.append((char) b);
            } else {
                text.append(String.format("\\x%02X", b));
            }
        }
        return bytes.length > maxLength ? text + "..." : text.toString();
    }

    /** One line of text, of at most so many characters. */
    public static String line(String text, int maxLength) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), maxLength); i++) {
            char c = text.charAt(i);
            line.append(c == '\n' || c == '\t' ? ' ' : isPlain(c) ? c : REPLACEMENT);
        }
        return text.length() > maxLength ? line + "..." : line.toString();
    }
}
