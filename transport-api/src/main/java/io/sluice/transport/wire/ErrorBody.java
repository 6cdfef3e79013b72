// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The data of an ERROR frame: one byte for the kind, one for the bytes of the code, the code, the message, both UTF-8.
 */
public final class ErrorBody {
    private static final int MAX_CODE = 100;
    private static final int MAX_MESSAGE = 2000;

    private ErrorBody() {}

    /** The bytes of an error; texts are cut where they are long. */
    public static byte[] encode(TransportException error) {
        byte[] code = utf8(error.code(), MAX_CODE);
        byte[] message = utf8(String.valueOf(error.getMessage()), MAX_MESSAGE);
        byte[] body = Arrays.copyOf(
                new byte[] {(byte) kindCode(error.kind()), (byte) code.length}, 2 + code.length + message.length);
        System.arraycopy(code, 0, body, 2, code.length);
        System.arraycopy(message, 0, body, 2 + code.length, message.length);
        return body;
    }

    /** The error that the peer named; of unknown kind or malformed, {@code REJECTED}. */
    public static TransportException decode(byte[] body) {
        int codeLength = body.length < 2 ? 0 : Math.min(body[1] & 0xFF, body.length - 2);
        int codeStart = Math.min(2, body.length);
        String code = printable(new String(body, codeStart, codeLength, StandardCharsets.UTF_8));
        int start = codeStart + codeLength;
        String message = printable(new String(body, start, body.length - start, StandardCharsets.UTF_8));
        return new TransportException(
                body.length == 0 ? Kind.REJECTED : kindOf(body[0]),
                code.isEmpty() ? "transport.peer.error" : code,
                "the peer gave the connection up: " + message);
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static byte[] utf8(String text, int max) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= max ? bytes : Arrays.copyOf(bytes, max);
    }

    private static int kindCode(Kind kind) {
        return switch (kind) {
            case VERSION_MISMATCH -> 2;
            case AUTHENTICATION -> 3;
            case PROTOCOL -> 4;
            case ACCESS_DENIED -> 5;
            case TIMED_OUT -> 6;
            case CLOSED -> 7;
            case BUSY -> 8;
            default -> 1;
        };
    }

    private static Kind kindOf(int code) {
        return switch (code) {
            case 2 -> Kind.VERSION_MISMATCH;
            case 3 -> Kind.AUTHENTICATION;
            case 4 -> Kind.PROTOCOL;
            case 5 -> Kind.ACCESS_DENIED;
            case 6 -> Kind.TIMED_OUT;
            case 7 -> Kind.CLOSED;
            case 8 -> Kind.BUSY;
            default -> Kind.REJECTED;
        };
    }
}
