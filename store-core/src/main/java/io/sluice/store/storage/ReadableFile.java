// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/** A file read at any position. Safe for concurrent use. Its opener closes it. */
public interface ReadableFile extends AutoCloseable {
    /** The file's name within its storage, for messages. */
    String name();

    /** Bytes in the file when it was opened. */
    long length();

    /**
     * Reads exactly {@code length} bytes.
     *
     * @throws io.sluice.store.base.StoreException {@code CORRUPTION} {@code storage.short-read} where the file ends
     *     before, naming file, offset, expected and found
     */
    void read(long position, MutableDirectBuffer target, int offset, int length) throws IOException;

    @Override
    void close() throws IOException;
}
