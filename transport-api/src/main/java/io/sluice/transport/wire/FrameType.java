// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import org.jspecify.annotations.Nullable;

/** The types of frames. */
public enum FrameType {
    /** Dialler's first: {@link Hello}. */
    HELLO(1, 0, FrameFormat.MAX_CONTROL_DATA),
    /** Listener's answer: {@link Hello} with the chosen version. */
    CHALLENGE(2, 0, FrameFormat.MAX_CONTROL_DATA),
    /** Dialler's proof: 32 bytes. */
    PROOF(3, 0, FrameFormat.MAX_CONTROL_DATA),
    /** Listener's proof: 32 bytes. The connection is active. */
    WELCOME(4, 0, FrameFormat.MAX_CONTROL_DATA),
    /** The sender gives the connection up, for the reason in {@link ErrorBody}. */
    ERROR(5, 0, FrameFormat.MAX_CONTROL_DATA),
    /** Listener, instead of being active: {@link PathOffer} of a way for data beside the stream. */
    OFFER(6, 0, FrameFormat.MAX_CONTROL_DATA),
    /** Dialler's answer to OFFER: it is connected there; its own {@link PathOffer}. */
    USE(7, 0, FrameFormat.MAX_CONTROL_DATA),
    /** A message. */
    MESSAGE(8, 0, Integer.MAX_VALUE),
    /** Nothing but the credits of the header. */
    CREDIT(9, 0, 0),
    /** Nothing: the sender lives. */
    HEARTBEAT(10, 0, 0),
    /** The sender submits nothing more, and everything it submitted was answered. */
    GOODBYE(11, 0, 0),
    /** Listener's answer to USE: data go the other way. */
    AGREED(12, 0, 0),
    /** Instead of OFFER, USE or AGREED: data stay on the stream; why, in UTF-8. */
    DECLINE(13, 0, FrameFormat.MAX_CONTROL_DATA),
    /** Bytes for a remote region. */
    WRITE(16, 40, FrameFormat.MAX_FRAGMENT),
    /** A request for bytes of a remote region. */
    READ(17, 48, 0),
    /** Bytes that a READ asked for. */
    READ_DATA(18, 8, FrameFormat.MAX_FRAGMENT),
    /** All bytes of a write are in the region. */
    ACK(19, 0, 0),
    /** The region of a read or write was revoked; nothing is known of what was done. */
    REVOKED(20, 0, 0),
    /** Where data don't go by the stream: the region whose id this is must not be used any more. */
    REVOKE(21, 0, 0),
    /** The answer to REVOKE: no operation of the sender uses the region, and none will. */
    FORGOTTEN(22, 0, 0);

    private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[32];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final int headLength;
    private final int maxDataLength;

    FrameType(int code, int headLength, int maxDataLength) {
        this.code = code;
        this.headLength = headLength;
        this.maxDataLength = maxDataLength;
    }

    /** The wire's number. */
    public int code() {
        return code;
    }

    /** Bytes of the head. */
    public int headLength() {
        return headLength;
    }

    /** Most bytes of data; of messages, what was negotiated. */
    public int maxDataLength() {
        return maxDataLength;
    }

    /** Whether it is a message, or of a one-sided operation of the sender or the receiver. */
    public boolean isData() {
        return this == MESSAGE || this == WRITE || this == READ || this == READ_DATA || this == ACK || this == REVOKED;
    }

    /** Whether data go straight into a region while they arrive. */
    public boolean streams() {
        return this == WRITE || this == READ_DATA;
    }

    /** The type of a number, or null. */
    public static @Nullable FrameType ofCode(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
