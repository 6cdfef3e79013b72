// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.MutableDirectBuffer;

/**
 * Positional reads. Short ones go through a borrowed buffer, so that they allocate nothing; longer ones into direct
 * memory go straight there.
 *
 * <p>An interrupt of one reading thread closes a {@link FileChannel} for all. It is opened again then: the interrupted
 * thread gets its bytes and keeps its interrupt, the others notice nothing.
 */
final class LocalReadableFile implements ReadableFile {
    private final String name;
    private final Path path;
    private final long length;
    private final ScratchBuffers scratch;
    private volatile FileChannel channel;

    @GuardedBy("this")
    private boolean closed;

    LocalReadableFile(String name, Path path, ScratchBuffers scratch) throws IOException {
        this.name = name;
        this.path = path;
        this.scratch = scratch;
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
        this.length = channel.size();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void read(long position, MutableDirectBuffer target, int offset, int length) throws IOException {
        target.boundsCheck(offset, length);
        if (position < 0 || length > this.length - position) {
            throw StorageErrors.shortRead(path.toString(), position, length, this.length);
        }
        ByteBuffer memory = target.byteBuffer();
        if (length > ScratchBuffers.LENGTH && memory != null && memory.isDirect()) {
            int from = target.wrapAdjustment() + offset;
            fill(memory.duplicate().limit(from + length).position(from), position);
            return;
        }
        ByteBuffer borrowed = scratch.take();
        try {
            int done = 0;
            while (done < length) {
                int count = Math.min(length - done, borrowed.capacity());
                fill(borrowed.clear().limit(count), position + done);
                target.putBytes(offset + done, borrowed.flip(), count);
                done += count;
            }
        } finally {
            scratch.give(borrowed);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }

    private void fill(ByteBuffer into, long position) throws IOException {
        boolean interrupted = false;
        int start = into.position();
        try {
            while (into.hasRemaining()) {
                FileChannel current = channel;
                long at = position + into.position() - start;
                try {
                    if (current.read(into, at) < 0) {
                        throw StorageErrors.shortRead(path.toString(), at, into.remaining(), at);
                    }
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                    reopen(current);
                } catch (ClosedChannelException e) {
                    reopen(current);
                }
            }
        } catch (IOException e) {
            throw StorageErrors.translate("read", path.toString(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void reopen(FileChannel broken) throws IOException {
        if (closed) {
            throw StorageErrors.closed(path.toString());
        }
        if (channel == broken) {
            channel = FileChannel.open(path, StandardOpenOption.READ);
        }
    }
}
