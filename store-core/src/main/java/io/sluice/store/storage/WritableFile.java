// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.IOException;
import org.agrona.DirectBuffer;

/** A file that grows at its end. Owned and used by one thread at a time; its opener closes it. */
public interface WritableFile extends AutoCloseable {
    /** Appends bytes. They may stay in a buffer of the process until {@link #flush()}. */
    void append(DirectBuffer source, int offset, int length) throws IOException;

    /** Bytes appended so far. */
    long position();

    /** Hands what was appended to the operating system (HDFS: hflush), so that it outlives this process. */
    void flush() throws IOException;

    /** Makes what was appended durable (fsync; HDFS: hsync), so that it outlives the machine. */
    void sync() throws IOException;

    /**
     * Flushes and closes. Does not sync. On failure the file is closed nevertheless. Closing again does nothing.
     */
    @Override
    void close() throws IOException;
}
