// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes the messages of this layer; see {@link RpcFormat}. */
final class RpcMessage {
    private static final int MAX_CODE_LENGTH = 128;

    private RpcMessage() {}

    static UnsafeBuffer request(
            int type, long correlation, long timeoutMs, DirectBuffer payload, int offset, int length) {
        UnsafeBuffer message = head(RpcFormat.REQUEST, type, correlation, length);
        message.putInt(RpcFormat.TIMEOUT_OFFSET, (int) Math.min(timeoutMs, Integer.MAX_VALUE), LITTLE_ENDIAN);
        message.putBytes(RpcFormat.HEAD_LENGTH, payload, offset, length);
        return message;
    }

    static UnsafeBuffer response(long correlation, DirectBuffer payload, int offset, int length) {
        UnsafeBuffer message = head(RpcFormat.RESPONSE, 0, correlation, length);
        message.putBytes(RpcFormat.HEAD_LENGTH, payload, offset, length);
        return message;
    }

    /** The message is cut so that the whole has at most {@code maxLength} bytes. */
    static UnsafeBuffer error(int status, long correlation, String code, String text, int maxLength) {
        int room = Math.max(0, maxLength - RpcFormat.HEAD_LENGTH);
        byte[] codeBytes = utf8(code, Math.min(MAX_CODE_LENGTH, room));
        byte[] textBytes = utf8(text, room - codeBytes.length);
        UnsafeBuffer message = head(RpcFormat.ERROR, status, correlation, codeBytes.length + textBytes.length);
        message.putInt(RpcFormat.CODE_LENGTH_OFFSET, codeBytes.length, LITTLE_ENDIAN);
        message.putBytes(RpcFormat.HEAD_LENGTH, codeBytes);
        message.putBytes(RpcFormat.HEAD_LENGTH + codeBytes.length, textBytes);
        return message;
    }

    private static byte[] utf8(String text, int max) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= max ? bytes : Arrays.copyOf(bytes, max);
    }

    private static UnsafeBuffer head(byte kind, int type, long correlation, int payloadLength) {
        UnsafeBuffer message = new UnsafeBuffer(new byte[RpcFormat.HEAD_LENGTH + payloadLength]);
        message.putByte(RpcFormat.KIND_OFFSET, kind);
        message.putInt(RpcFormat.TYPE_OFFSET, type, LITTLE_ENDIAN);
        message.putLong(RpcFormat.CORRELATION_OFFSET, correlation, LITTLE_ENDIAN);
        return message;
    }
}
