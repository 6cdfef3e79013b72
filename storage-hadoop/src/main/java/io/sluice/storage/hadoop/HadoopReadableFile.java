// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.StorageErrors;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.StreamCapabilities;

/** Positional reads, straight into the target where the stream can. */
final class HadoopReadableFile implements ReadableFile {
    private final String name;
    private final String path;
    private final long length;
    private final FSDataInputStream in;
    private final boolean readsByteBuffers;

    HadoopReadableFile(String name, String path, long length, FSDataInputStream in) {
        this.name = name;
        this.path = path;
        this.length = length;
        this.in = in;
        this.readsByteBuffers = in.hasCapability(StreamCapabilities.PREADBYTEBUFFER);
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
            throw StorageErrors.shortRead(path, position, length, this.length);
        }
        byte[] array = target.byteArray();
        ByteBuffer memory = target.byteBuffer();
        int from = target.wrapAdjustment() + offset;
        try {
            if (array != null) {
                in.readFully(position, array, from, length);
            } else if (memory != null && readsByteBuffers) {
                in.readFully(position, memory.duplicate().limit(from + length).position(from));
            } else {
                byte[] copy = new byte[length];
                in.readFully(position, copy, 0, length);
                target.putBytes(offset, copy);
            }
        } catch (EOFException e) {
            throw StorageErrors.shortRead(path, position, length, this.length);
        } catch (IOException e) {
            throw HadoopErrors.translate("read", path, e);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
