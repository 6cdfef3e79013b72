// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Keys and values as text on the command line: as they are, or in hex as {@code ldb} has it, {@code 0x00FF}. */
public final class ByteText {
    private static final String PREFIX = "0x";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private ByteText() {}

    /**
     * Bytes from text.
     *
     * @throws IllegalArgumentException where it is to be hex and is not
     */
    public static byte[] parse(String text, boolean hex) {
        if (!hex) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(PREFIX.length()) : "";
        if (digits.isEmpty() && text.length() != PREFIX.length()) {
            throw new IllegalArgumentException("\"" + text + "\" is no hex: it does not begin with 0x");
        }
        try {
            return HEX.parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no hex: expected 0x and two digits for each byte", e);
        }
    }

    /** In hex with {@code 0x} before it, or the bytes themselves. */
    public static byte[] print(byte[] bytes, boolean hex) {
        return hex ? hex(bytes).getBytes(StandardCharsets.US_ASCII) : bytes;
    }

    /** In upper-case hex with {@code 0x} before it. */
    public static String hex(byte[] bytes) {
        return PREFIX + digits(bytes);
    }

    /** In upper-case hex. */
    public static String digits(byte[] bytes) {
        return HEX.formatHex(bytes);
    }
}
