// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.FileOutputStream;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written through one buffer. Small appends gather there; what is as long as the buffer and lies in an array
 * goes to the kernel from where it is.
 *
 * <p>It is a stream and not a channel, since an interrupt closes a channel under its writer: a program that interrupts a
 * thread during a put must not end the log of all.
 *
 * <p>After a failed write or sync the file takes no more: what reached the disk is unknown (an fsync that failed once
 * may succeed next time without having written anything), so that going on could leave a hole.
 */
final class LocalWritableFile implements WritableFile {
    private static final int BUFFER_LENGTH = 64 * 1024;

    private final String path;
    private final FileOutputStream out;
    private final byte[] buffer = new byte[BUFFER_LENGTH];
    private int used;
    private long position;
    private @Nullable IOException failure;
    private boolean closed;

    LocalWritableFile(String path, FileOutputStream out) {
        this.path = path;
        this.out = out;
    }

    @Override
    public void append(DirectBuffer source, int offset, int length) throws IOException {
        source.boundsCheck(offset, length);
        checkWritable();
        byte[] array = source.byteArray();
        if (length >= BUFFER_LENGTH && array != null) {
            drain();
            write(array, source.wrapAdjustment() + offset, length);
            position += length;
            return;
        }
        int done = 0;
        while (done < length) {
            if (used == BUFFER_LENGTH) {
                drain();
            }
            int count = Math.min(length - done, BUFFER_LENGTH - used);
            source.getBytes(offset + done, buffer, used, count);
            used += count;
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
        checkWritable();
        drain();
    }

    @Override
    public void sync() throws IOException {
        checkWritable();
        drain();
        try {
            out.getFD().sync();
        } catch (IOException e) {
            throw fail("sync", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (out) {
            if (failure == null) {
                drain();
            }
        } catch (IOException e) {
            throw StorageErrors.translate("close", path, e);
        }
    }

    private void drain() throws IOException {
        if (used > 0) {
            write(buffer, 0, used);
            used = 0;
        }
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw fail("write to", e);
        }
    }

    private IOException fail(String action, IOException e) {
        failure = StorageErrors.translate(action, path, e);
        return failure;
    }

    private void checkWritable() throws IOException {
        if (failure != null) {
            throw StorageErrors.translate("write to", path, failure);
        }
        if (closed) {
            throw StorageErrors.closed(path);
        }
    }
}
