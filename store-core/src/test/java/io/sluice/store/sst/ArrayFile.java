// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** A file in an array. */
public final class ArrayFile implements WritableFile {
    private final ByteWriter bytes = new ByteWriter();
    private int syncs;

    @Override
    public void append(DirectBuffer source, int offset, int length) {
        bytes.putBytes(source, offset, length);
    }

    @Override
    public long position() {
        return bytes.length();
    }

    @Override
    public void flush() {}

    @Override
    public void sync() {
        syncs++;
    }

    @Override
    public void close() {}

    /** How often it was synced. */
    public int syncs() {
        return syncs;
    }

    /** What was written. */
    public byte[] toByteArray() {
        return bytes.toByteArray();
    }

    /** A file to read, with these bytes. */
    public static ReadableFile readable(byte[] content) {
        return new ReadableFile() {
            @Override
            public String name() {
                return "000007.sst";
            }

            @Override
            public long length() {
                return content.length;
            }

            @Override
            public void read(long position, MutableDirectBuffer target, int offset, int length) throws StoreException {
                if (position < 0 || length > content.length - position) {
                    throw StoreException.corruption(
                            "storage.short-read", name() + ": " + length + " bytes at " + position);
                }
                target.putBytes(offset, content, (int) position, length);
            }

            @Override
            public void close() {}
        };
    }
}
