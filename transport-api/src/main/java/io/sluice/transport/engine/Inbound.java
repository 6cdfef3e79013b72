// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.transport.Access;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameReader;
import io.sluice.transport.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a link's bytes apart, wherever the network cut them. Frames are checked in the receive buffer; the data of WRITE
 * and READ_DATA go from there, and as soon as it is empty from the socket itself, into the region.
 *
 * <p>Invariants: {@code start ≤ end} bound the bytes received and not yet used; while {@code dataLeft > 0} the bytes at
 * {@code start} are data of the frame in {@code reader}; {@code target} is then where they go, or null to drop them.
 */
final class Inbound {
    private static final int READS_PER_PASS = 16;
    private static final int MAX_HEADER = FrameFormat.HEADER_LENGTH + FrameFormat.MAX_HEAD_LENGTH;
    /** What is read at a time where it is not known what comes: as little as may be of the data of a WRITE. */
    private static final int READ_LENGTH = 64 * 1024;

    private final Session session;
    private final PeerFrames frames;
    private final Link link;
    private final ByteBuffer buffer;
    private final ByteBuffer crcView;
    private final UnsafeBuffer view;
    private final SlabViews slabs;
    private final FrameReader reader = new FrameReader();
    private final CRC32C dataCrc = new CRC32C();
    private final int maxMessageLength;

    private int start;
    private int end;
    private boolean inStreamedFrame;
    /** The last frame was one of data, and so is the next one, probably. */
    private boolean afterData;

    private final ByteBuffer[] scatter = new ByteBuffer[2];
    private int dataLeft;
    private @Nullable ByteBuffer target;
    private @Nullable Operation operation;
    private @Nullable Exposure exposure;
    private boolean inWrite;
    private long writeId;
    private boolean writeRevoked;

    Inbound(
            Session session,
            PeerFrames frames,
            Link link,
            ByteBuffer buffer,
            @Nullable RegionPool pool,
            int maxMessageLength) {
        this.session = session;
        this.frames = frames;
        this.link = link;
        this.buffer = buffer;
        this.crcView = buffer.duplicate();
        this.view = new UnsafeBuffer(buffer, 0, buffer.capacity());
        this.slabs = new SlabViews(pool);
        this.maxMessageLength = maxMessageLength;
    }

    /** Reads what has arrived, within reason: how many bytes, or -1 at the end of the stream. */
    int receive() throws IOException {
        int sum = 0;
        boolean more = true;
        for (int i = 0; more && i < READS_PER_PASS && !session.isEnded(); i++) {
            ByteBuffer into = target;
            int count = dataLeft > 0 && start == end && into != null ? readData(into) : readBuffer();
            if (count < 0) {
                return count;
            }
            if (count == 0) {
                break;
            }
            sum += count;
            more = !buffer.hasRemaining();
            session.received();
            parse();
        }
        return sum;
    }

    private int readBuffer() throws IOException {
        if (start == end) {
            start = 0;
            end = 0;
        } else if (end == buffer.capacity()) {
            buffer.limit(end).position(start);
            buffer.compact();
            end -= start;
            start = 0;
        }
        buffer.limit(readLimit()).position(end);
        int count = link.read(buffer);
        if (count > 0) {
            end += count;
        }
        return count;
    }

    /** Up to where the buffer is to be filled: after data, only for a header, or its data would come here too. */
    private int readLimit() {
        int room = buffer.capacity() - end;
        int wanted = afterData && end - start < MAX_HEADER ? start + MAX_HEADER - end : READ_LENGTH;
        return end + Math.min(room, wanted);
    }

    /** Reads data to where they belong and what comes behind them, a header, into the buffer. */
    private int readData(ByteBuffer into) throws IOException {
        start = 0;
        end = 0;
        buffer.limit(MAX_HEADER).position(0);
        scatter[0] = into;
        scatter[1] = buffer;
        int from = into.position();
        int limit = into.limit();
        int count = (int) link.read(scatter, 2);
        if (count > 0) {
            int taken = into.position() - from;
            into.limit(from + taken).position(from);
            dataCrc.update(into);
            into.limit(limit);
            dataLeft -= taken;
            end = count - taken;
        }
        return count;
    }

    private void parse() throws TransportException {
        while (!session.isEnded()) {
            if (dataLeft > 0) {
                takeBufferedData();
                if (dataLeft > 0) {
                    return;
                }
            }
            if (inStreamedFrame) {
                finishData();
            }
            if (!reader.read(view, crcView, start, end - start, maxMessageLength)) {
                return;
            }
            FrameType type = reader.type();
            frames.onCredit(reader.messageCredit(), reader.byteCredit());
            afterData = type.streams();
            if (afterData) {
                beginData(type);
            } else {
                if (type == FrameType.MESSAGE) {
                    frames.checkActive(type); // before its bytes are waited for: a stranger may send short ones only
                }
                if (end - start < reader.length()) {
                    return;
                }
                int dataStart = start + reader.dataOffset();
                checkData(dataStart);
                start += reader.length();
                frames.onFrame(reader, view, dataStart);
            }
        }
    }

    private void takeBufferedData() {
        int count = Math.min(dataLeft, end - start);
        crcView.limit(start + count).position(start);
        dataCrc.update(crcView);
        if (target != null) {
            crcView.position(start);
            target.put(crcView);
        }
        start += count;
        dataLeft -= count;
    }

    private void checkData(int dataStart) throws TransportException {
        int length = reader.dataLength();
        int found = 0;
        if (length > 0) {
            dataCrc.reset();
            crcView.limit(dataStart + length).position(dataStart);
            dataCrc.update(crcView);
            found = (int) dataCrc.getValue();
        }
        reader.checkData(found);
    }

    private void beginData(FrameType type) throws TransportException {
        frames.checkActive(type);
        dataLeft = reader.dataLength();
        dataCrc.reset();
        inStreamedFrame = true;
        if (type == FrameType.WRITE) {
            beginWrite();
        } else {
            beginReadData();
        }
        start += reader.dataOffset();
    }

    private void beginWrite() throws TransportException {
        if (!inWrite) {
            frames.beginWrite();
            inWrite = true;
            writeId = reader.id();
            writeRevoked = false;
        } else if (writeId != reader.id()) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.write.order",
                    "write " + reader.id() + " within write " + writeId + ", which has not ended");
        }
        long offset = view.getLong(start + FrameFormat.HEAD_REGION_OFFSET, LITTLE_ENDIAN);
        Exposure found = frames.lookUp(view, start, offset, dataLeft, Access.WRITE);
        if (found == null) {
            writeRevoked = true;
            return;
        }
        found.use();
        exposure = found;
        target = slabs.of(found.memory, found.base + offset, dataLeft);
    }

    private void beginReadData() throws TransportException {
        Operation found = frames.findOperation(reader.id(), false);
        long offset = view.getLong(start + FrameFormat.HEAD_DATA_OFFSET, LITTLE_ENDIAN);
        boolean last = reader.isEnd();
        if (offset != found.progress
                || dataLeft > found.length - found.progress
                || last != (found.progress + dataLeft == found.length)) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.read.range",
                    "read of " + found.length + " bytes got offset=" + offset + " length=" + dataLeft + " end=" + last
                            + ", expected offset=" + found.progress);
        }
        operation = found;
        target = slabs.of(found.memory(), found.localOffset + offset, dataLeft);
    }

    private void finishData() throws TransportException {
        inStreamedFrame = false;
        target = null;
        Exposure used = exposure;
        exposure = null;
        Operation read = operation;
        operation = null;
        int length = reader.dataLength();
        try {
            reader.checkData(length == 0 ? 0 : (int) dataCrc.getValue());
        } finally {
            if (used != null) {
                used.endUse();
            }
        }
        if (read != null) {
            read.progress += length;
            if (reader.isEnd()) {
                frames.endOperation(read, null);
            }
        } else if (reader.isEnd()) {
            inWrite = false;
            frames.answerWrite(writeId, writeRevoked);
        }
    }

    /** The peer can no longer touch memory. */
    void release() {
        Exposure used = exposure;
        exposure = null;
        target = null;
        operation = null;
        if (used != null) {
            used.endUse();
        }
    }

    /** Drops what arrives: how many bytes, or -1 at the end of the stream. */
    int discard() throws IOException {
        int sum = 0;
        for (int i = 0; i < READS_PER_PASS; i++) {
            int count = link.read(buffer.clear());
            if (count <= 0) {
                return count < 0 ? count : sum;
            }
            sum += count;
        }
        return sum;
    }
}
