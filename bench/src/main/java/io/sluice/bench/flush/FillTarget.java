// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import java.nio.ByteBuffer;
import java.util.Map;

/** A fresh store that a run fills. Puts may come from several threads. */
interface FillTarget extends AutoCloseable {
    /** Sets a key; both buffers are direct, their bytes between position and limit, which afterwards are undefined. */
    void put(int columnFamily, ByteBuffer key, ByteBuffer value) throws Exception;

    /** Flushes all column families, and returns when their SSTs are installed. */
    void flush() throws Exception;

    /** Passes each entry of a column family, in order. */
    void scan(int columnFamily, EntryVisitor visitor) throws Exception;

    /** What else there is to tell about the run, as JSON takes it. */
    Map<String, Object> details() throws Exception;

    @Override
    void close() throws Exception;

    /** Is told of an entry. */
    interface EntryVisitor {
        /** The buffers are valid during the call only. */
        void entry(ByteBuffer key, ByteBuffer value);
    }
}
