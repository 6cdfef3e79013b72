// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

/**
 * A frame: header, head (of a length fixed by the type), data. All numbers are little-endian; see docs/protocol.md.
 *
 * <pre>
 *  offset  bytes
 *       0      4  magic {@code SLUC}
 *       4      4  length of the whole frame
 *       8      1  type
 *       9      1  flags: bit 0 END, the last frame of an operation
 *      10      2  zero
 *      12      4  CRC32C of header (these four bytes as zero) and head
 *      16      8  id: of a message its number from 1, of operations the initiator's id, else zero
 *      24      4  credit: messages that this side's program has taken so far, modulo 2^32
 *      28      4  CRC32C of the data
 *      32      8  credit: bytes of those messages, each as {@link #creditBytes}
 *      40         head
 *                 data
 * </pre>
 */
public final class FrameFormat {
    /** {@code SLUC}, read as a little-endian number. */
    public static final int MAGIC = 0x43554C53;

    /** The protocol's version that this code speaks. */
    public static final int VERSION = 1;

    /** Bytes of a header. */
    public static final int HEADER_LENGTH = 40;

    /** Longest head of all types. */
    public static final int MAX_HEAD_LENGTH = 48;

    /** Most data in a frame of negotiation or error. */
    public static final int MAX_CONTROL_DATA = 4096;

    /** Most data in a frame of a one-sided operation. */
    public static final int MAX_FRAGMENT = 256 * 1024;

    /** Flag: the last frame of its operation. */
    public static final int END = 1;

    static final int LENGTH_OFFSET = 4;
    static final int TYPE_OFFSET = 8;
    static final int FLAGS_OFFSET = 9;
    static final int RESERVED_OFFSET = 10;
    static final int HEAD_CRC_OFFSET = 12;
    static final int ID_OFFSET = 16;
    static final int MESSAGE_CREDIT_OFFSET = 24;
    static final int DATA_CRC_OFFSET = 28;
    static final int BYTE_CREDIT_OFFSET = 32;

    /** WRITE, READ: offset of the region id. */
    public static final int HEAD_REGION_ID = HEADER_LENGTH;

    /** WRITE, READ: offset of the owner's epoch. */
    public static final int HEAD_EPOCH = HEADER_LENGTH + 8;

    /** WRITE, READ: offset of the key. */
    public static final int HEAD_KEY = HEADER_LENGTH + 16;

    /** WRITE, READ: offset of the offset in the region. */
    public static final int HEAD_REGION_OFFSET = HEADER_LENGTH + 32;

    /** READ: offset of the bytes wanted. */
    public static final int HEAD_READ_LENGTH = HEADER_LENGTH + 40;

    /** READ_DATA: offset of the data's offset in the operation. */
    public static final int HEAD_DATA_OFFSET = HEADER_LENGTH;

    private FrameFormat() {}

    /** What a message of {@code length} bytes takes of the byte credits: what it takes of the receiver's ring. */
    public static int creditBytes(int length) {
        return (length + 8 + 7) & ~7;
    }
}
