// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.StorageErrors;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import org.agrona.DirectBuffer;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.StreamCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written in slabs. HDFS checksums 4,608 bytes (nine chunks of 512) at a time and copies what comes in
 * other amounts once more; a slab is a multiple of that, and as much as one packet of HDFS carries.
 *
 * <p>After a failure the file takes no more: what arrived is unknown.
 */
final class HadoopWritableFile implements WritableFile {
    /** Bytes that HDFS's client checksums at a time. */
    static final int CHECKSUM_RUN = 9 * 512;

    private static final int SLAB_LENGTH = 14 * CHECKSUM_RUN;

    private final String path;
    private final FSDataOutputStream out;
    private final byte[] slab = new byte[SLAB_LENGTH];
    private int used;
    private long position;
    private @Nullable StoreException failure;
    private boolean closed;

    HadoopWritableFile(String path, FSDataOutputStream out) {
        this.path = path;
        this.out = out;
    }

    @Override
    public void append(DirectBuffer source, int offset, int length) throws IOException {
        source.boundsCheck(offset, length);
        checkWritable();
        int done = 0;
        while (done < length) {
            if (used == slab.length) {
                drain();
            }
            int count = Math.min(length - done, slab.length - used);
            source.getBytes(offset + done, slab, used, count);
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
        uninterrupted("flush", out::hflush);
    }

    @Override
    public void sync() throws IOException {
        checkWritable();
        if (!out.hasCapability(StreamCapabilities.HSYNC)) {
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "storage.no-sync",
                    path + ": this file system can't make a file durable before it is closed (no hsync)");
        }
        drain();
        uninterrupted("sync", out::hsync);
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
            throw HadoopErrors.translate("close", path, e);
        }
    }

    private void drain() throws IOException {
        try {
            out.write(slab, 0, used);
            used = 0;
        } catch (IOException e) {
            throw fail("write to", e);
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    /**
     * Waits for HDFS to acknowledge; an interrupt is kept for later. HDFS's stream is whole after one, and waits again for
     * the same packet: a program that interrupts a thread which writes must not stop all writes.
     */
    private void uninterrupted(String name, Action action) throws StoreException {
        boolean interrupted = Thread.interrupted();
        try {
            for (; ; ) {
                try {
                    action.run();
                    return;
                } catch (InterruptedIOException e) {
                    if (e instanceof SocketTimeoutException) {
                        throw fail(name, e);
                    }
                    interrupted = true;
                } catch (IOException e) {
                    throw fail(name, e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private StoreException fail(String action, IOException e) {
        StoreException error = HadoopErrors.translate(action, path, e);
        failure = error;
        return error;
    }

    private void checkWritable() throws StoreException {
        if (failure != null) {
            throw failure;
        }
        if (closed) {
            throw StorageErrors.closed(path);
        }
    }
}
