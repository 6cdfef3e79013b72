// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameReader;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.FrameWriter;
import io.sluice.transport.wire.Hello;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** What a stranger sends: frames, as they are and with a checksum that fits, and the bodies of HELLO and ERROR. */
class FrameFuzzTest extends FuzzTarget {
    private static final int MAX_MESSAGE = 1 << 16;
    private static final int HEAD_CRC_OFFSET = 12;

    @Override
    protected List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (FrameType type : FrameType.values()) {
            int data = type.maxDataLength() == 0 ? 0 : 9;
            int length = FrameFormat.HEADER_LENGTH + type.headLength() + data;
            ByteBuffer raw = ByteBuffer.allocateDirect(length);
            UnsafeBuffer buffer = new UnsafeBuffer(raw, 0, length);
            FrameWriter writer = new FrameWriter();
            FrameWriter.begin(buffer, 0, type, FrameFormat.END, 7, data, 3, 48);
            writer.end(buffer, raw.duplicate(), 0, type, writer.crcOf(raw.duplicate(), length - data, length));
            byte[] frame = new byte[length];
            buffer.getBytes(0, frame);
            seeds.add(frame);
        }
        seeds.add(new Hello(1, 1, 0, 262_144, 1024, 1 << 20, 64, 77, new byte[32], "worker", "w1", "sluice").encode());
        seeds.add(ErrorBody.encode(new TransportException(Kind.BUSY, "a.code", "no room")));
        return seeds;
    }

    @Override
    protected void checkRefusal(IOException refusal) {
        require(
                refusal instanceof TransportException named
                        && named.kind() == Kind.PROTOCOL
                        && !named.code().isEmpty(),
                "refused by " + refusal);
    }

    @Override
    protected void parse(byte[] input) {
        attempt(() -> readFrame(input));
        attempt(() -> readFrame(withChecksum(input)));
        attempt(() -> {
            Hello hello = Hello.decode(input);
            byte[] written = hello.encode();
            require(Arrays.equals(Hello.decode(written).encode(), written), "written, it is another hello");
        });
        TransportException error = ErrorBody.decode(input);
        require(!error.code().isEmpty() && error.getMessage() != null, "an error without a code");
    }

    private static void readFrame(byte[] bytes) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        FrameReader reader = new FrameReader();
        for (int available = 0; available <= bytes.length; available++) {
            if (!reader.read(buffer, ByteBuffer.wrap(bytes), 0, available, MAX_MESSAGE)) {
                continue;
            }
            require(available >= reader.dataOffset(), "a frame from too few bytes");
            require(reader.dataLength() >= 0, "dataLength=" + reader.dataLength());
            int most = reader.type() == FrameType.MESSAGE
                    ? MAX_MESSAGE
                    : reader.type().maxDataLength();
            require(reader.dataLength() <= most, "dataLength=" + reader.dataLength() + " above " + most);
            return;
        }
    }

    private static byte[] withChecksum(byte[] frame) {
        byte[] copy = frame.clone();
        FrameType type = copy.length < FrameFormat.HEADER_LENGTH ? null : FrameType.ofCode(copy[8] & 0xff);
        if (type != null && copy.length >= FrameFormat.HEADER_LENGTH + type.headLength()) {
            UnsafeBuffer buffer = new UnsafeBuffer(copy);
            buffer.putInt(HEAD_CRC_OFFSET, 0);
            CRC32C crc = new CRC32C();
            crc.update(copy, 0, FrameFormat.HEADER_LENGTH + type.headLength());
            buffer.putInt(HEAD_CRC_OFFSET, (int) crc.getValue(), LITTLE_ENDIAN);
        }
        return copy;
    }
}
