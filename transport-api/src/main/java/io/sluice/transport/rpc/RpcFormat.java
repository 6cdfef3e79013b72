// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

/**
 * The head of each message of this layer, little-endian; see docs/protocol.md.
 *
 * <pre>
 *  offset  bytes
 *       0      1  kind: 1 request, 2 response, 3 error
 *       1      3  zero
 *       4      4  request: the application's type; error: status; response: zero
 *       8      8  correlation id, chosen by the caller, unique among its calls of this connection
 *      16      4  request: milliseconds until the caller stops waiting; else zero
 *      20      4  error: bytes of the code; else zero
 *      24         payload; error: the code, then the message, both UTF-8
 * </pre>
 */
final class RpcFormat {
    static final int KIND_OFFSET = 0;
    static final int TYPE_OFFSET = 4;
    static final int CORRELATION_OFFSET = 8;
    static final int TIMEOUT_OFFSET = 16;
    static final int CODE_LENGTH_OFFSET = 20;
    static final int HEAD_LENGTH = 24;

    static final byte REQUEST = 1;
    static final byte RESPONSE = 2;
    static final byte ERROR = 3;

    private RpcFormat() {}
}
