// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written through one direct buffer. Small appends gather there; what is as long as the buffer and lies
 * in a direct one goes to the kernel from where it is.
 *
 * <p>After a failed write or sync the file takes no more: what reached the disk is unknown (an fsync that failed once
 * may succeed next time without having written anything), so that going on could leave a hole.
 */
final class LocalWritableFile implements WritableFile {
    private final String path;
    private final FileChannel channel;
    private final ScratchBuffers scratch;
    private @Nullable ByteBuffer buffer;
    private long position;
    private @Nullable IOException failure;

    LocalWritableFile(String path, FileChannel channel, ScratchBuffers scratch) {
        this.path = path;
        this.channel = channel;
        this.scratch = scratch;
        this.buffer = scratch.take();
    }

    @Override
    public void append(DirectBuffer source, int offset, int length) throws IOException {
        source.boundsCheck(offset, length);
        ByteBuffer target = writable();
        if (length >= target.capacity() && appendDirectly(target, source, offset, length)) {
            position += length;
            return;
        }
        int done = 0;
        while (done < length) {
            if (!target.hasRemaining()) {
                drain(target);
            }
            int count = Math.min(length - done, target.remaining());
            source.getBytes(offset + done, target, count);
            done += count;
        }
        position += length;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void flush() throws IOException {
        drain(writable());
    }

    @Override
    public void sync() throws IOException {
        drain(writable());
        try {
            channel.force(false);
        } catch (IOException e) {
            throw fail("sync", e);
        }
    }

    @Override
    public void close() throws IOException {
        ByteBuffer last = buffer;
        if (last == null) {
            return;
        }
        try (channel) {
            if (failure == null) {
                drain(last);
            }
        } catch (IOException e) {
            throw StorageErrors.translate("close", path, e);
        } finally {
            buffer = null;
            scratch.give(last);
        }
    }

    private boolean appendDirectly(ByteBuffer target, DirectBuffer source, int offset, int length) throws IOException {
        ByteBuffer direct = source.byteBuffer();
        if (direct == null || !direct.isDirect()) {
            return false;
        }
        drain(target);
        int from = source.wrapAdjustment() + offset;
        write(direct.duplicate().limit(from + length).position(from));
        return true;
    }

    private void drain(ByteBuffer filled) throws IOException {
        filled.flip();
        write(filled);
        filled.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw fail("write to", e);
        }
    }

    private IOException fail(String action, IOException e) {
        failure = StorageErrors.translate(action, path, e);
        return failure;
    }

    private ByteBuffer writable() throws IOException {
        if (failure != null) {
            throw StorageErrors.translate("write to", path, failure);
        }
        if (buffer == null) {
            throw StorageErrors.closed(path);
        }
        return buffer;
    }
}
