// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.sbe.MessageHeaderDecoder;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * The checks that SBE's generated decoders leave out: every length and count of a received message is held against the
 * message's end before the decoder uses it, whatever Agrona's bounds checking is set to.
 */
final class Checked {
    private static final int GROUP_HEADER_LENGTH = 4;
    private static final int DATA_HEADER_LENGTH = 4;

    private final DirectBuffer message;
    private final int end;

    /** Checks of a message that fills {@code message}. */
    Checked(DirectBuffer message) {
        this.message = message;
        this.end = message.capacity();
    }

    /** Reads the header, having checked schema and version. */
    MessageHeaderDecoder header() throws StoreException {
        need(0, MessageHeaderDecoder.ENCODED_LENGTH, "header");
        MessageHeaderDecoder header = new MessageHeaderDecoder().wrap(message, 0);
        if (header.schemaId() != ProtocolLimits.SCHEMA_ID || header.version() < ProtocolLimits.MIN_VERSION) {
            throw ProtocolError.schema(header.schemaId(), header.version());
        }
        return header;
    }

    /** Checks that the root block of {@code required} bytes is there. */
    void block(MessageHeaderDecoder header, int required) throws StoreException {
        if (header.blockLength() < required) {
            throw ProtocolError.malformed("template=" + header.templateId() + " blockLength=" + header.blockLength()
                    + ", expected at least " + required);
        }
        need(MessageHeaderDecoder.ENCODED_LENGTH, header.blockLength(), "root block");
    }

    /** Checks, before a group is entered, that its header is there. */
    void groupHeader(int limit, String name) throws StoreException {
        need(limit, GROUP_HEADER_LENGTH, name);
    }

    /**
     * Checks a group that was just entered.
     *
     * @param limit where its first entry starts
     * @param minimum bytes that an entry takes at least
     */
    void group(int limit, int count, int blockLength, int required, int minimum, String name) throws StoreException {
        if (blockLength < required) {
            throw ProtocolError.malformed(name + " blockLength=" + blockLength + ", expected at least " + required);
        }
        need(limit, (long) count * Math.max(blockLength, minimum), name);
    }

    /** Checks that a group's next entry is there. */
    void entry(int limit, int blockLength, String name) throws StoreException {
        need(limit, blockLength, name);
    }

    /** Reads text whose length stands at {@code limit}; the caller moves its decoder on. */
    String text(int limit, String name) throws StoreException {
        byte[] bytes = data(limit, ProtocolLimits.MAX_TEXT_LENGTH, name);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ProtocolError.malformed(name + " is not UTF-8");
        }
    }

    /** Reads bytes whose length stands at {@code limit}; the caller moves its decoder on. */
    Slice bytes(int limit, String name) throws StoreException {
        return Slice.wrap(data(limit, ProtocolLimits.MAX_BYTES_LENGTH, name));
    }

    private byte[] data(int limit, int maximum, String name) throws StoreException {
        need(limit, DATA_HEADER_LENGTH, name);
        long length = message.getInt(limit, java.nio.ByteOrder.LITTLE_ENDIAN) & 0xffff_ffffL;
        if (length > maximum) {
            throw ProtocolError.malformed(name + " length=" + length + " is beyond " + maximum);
        }
        need(limit + DATA_HEADER_LENGTH, length, name);
        byte[] bytes = new byte[(int) length];
        message.getBytes(limit + DATA_HEADER_LENGTH, bytes);
        return bytes;
    }

    private void need(long offset, long length, String name) throws StoreException {
        if (length > end - offset) {
            throw ProtocolError.malformed(
                    name + " at offset=" + offset + " needs " + length + " bytes, message ends at " + end);
        }
    }
}
