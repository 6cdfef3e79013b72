// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.IOException;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads ahead where a file is read from one end to the other, so that storage is asked for megabytes and not for blocks.
 * Owns the file. Used by one thread.
 */
public final class ReadaheadFile implements ReadableFile {
    private final ReadableFile file;
    private final int length;
    private UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private long bufferStart;
    private int bufferLength;
    private long lastEnd;

    /** Reads {@code length} bytes ahead. */
    public ReadaheadFile(ReadableFile file, int length) {
        this.file = file;
        this.length = length;
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public long length() {
        return file.length();
    }

    @Override
    public void read(long position, MutableDirectBuffer target, int offset, int count) throws IOException {
        boolean goesOn = position == lastEnd;
        lastEnd = position + count;
        if (!isBuffered(position, count)) {
            if (!goesOn || count >= length) {
                file.read(position, target, offset, count);
                return;
            }
            fill(position);
            if (!isBuffered(position, count)) {
                file.read(position, target, offset, count); // behind the end: the file's own error
                return;
            }
        }
        target.putBytes(offset, buffer, (int) (position - bufferStart), count);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private boolean isBuffered(long position, int count) {
        return position >= bufferStart && position + count <= bufferStart + bufferLength;
    }

    private void fill(long position) throws IOException {
        int wanted = (int) Math.max(0, Math.min(length, file.length() - position));
        if (buffer.capacity() < wanted) {
            buffer = new UnsafeBuffer(new byte[wanted]);
        }
        bufferLength = 0;
        file.read(position, buffer, 0, wanted);
        bufferStart = position;
        bufferLength = wanted;
    }
}
