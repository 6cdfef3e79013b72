// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes one way, at most so many; what a socket's buffers are. */
final class MemoryPipe {
    private static final int CAPACITY = 256 * 1024;

    private final MemoryNetwork network;
    private final long corruptAt;

    @GuardedBy("this")
    private final byte[] ring = new byte[CAPACITY];

    @GuardedBy("this")
    private long written;

    @GuardedBy("this")
    private long read;

    @GuardedBy("this")
    private boolean ended;

    @GuardedBy("this")
    private boolean readerClosed;

    @GuardedBy("this")
    private boolean cut;

    private Runnable onWritten = () -> {};
    private Runnable onRead = () -> {};

    MemoryPipe(MemoryNetwork network, long corruptAt) {
        this.network = network;
        this.corruptAt = corruptAt;
    }

    /** Before use: whom to wake. */
    void wakes(Runnable reader, Runnable writer) {
        onWritten = reader;
        onRead = writer;
    }

    int write(ByteBuffer source) throws IOException {
        int count;
        synchronized (this) {
            if (cut || readerClosed || ended) {
                throw new IOException("broken pipe");
            }
            count = Math.min(source.remaining(), (int) (CAPACITY - (written - read)));
            if (network.isBlackHole()) {
                count = source.remaining();
                source.position(source.limit());
                return count;
            }
            for (int left = count; left > 0; ) {
                int at = (int) (written % CAPACITY);
                int piece = Math.min(left, CAPACITY - at);
                source.get(ring, at, piece);
                if (corruptAt >= written && corruptAt < written + piece) {
                    ring[at + (int) (corruptAt - written)] ^= 0x10;
                }
                written += piece;
                left -= piece;
            }
        }
        if (count > 0) {
            onWritten.run();
        }
        return count;
    }

    int read(ByteBuffer target) throws IOException {
        int count;
        synchronized (this) {
            if (cut) {
                throw new IOException("connection reset");
            }
            count = (int) Math.min(target.remaining(), written - read);
            if (count == 0) {
                return ended && !network.isBlackHole() ? -1 : 0;
            }
            for (int left = count; left > 0; ) {
                int at = (int) (read % CAPACITY);
                int piece = Math.min(left, CAPACITY - at);
                target.put(ring, at, piece);
                read += piece;
                left -= piece;
            }
        }
        onRead.run();
        return count;
    }

    synchronized boolean isReadable() {
        return cut || written > read || (ended && !network.isBlackHole());
    }

    synchronized boolean isWritable() {
        return cut || readerClosed || written - read < CAPACITY;
    }

    void end() {
        synchronized (this) {
            ended = true;
        }
        onWritten.run();
    }

    void closeReader() {
        synchronized (this) {
            readerClosed = true;
        }
        onRead.run();
    }

    void cut() {
        synchronized (this) {
            cut = true;
        }
        onWritten.run();
        onRead.run();
    }

    synchronized boolean isClosed() {
        return ended && readerClosed;
    }
}
