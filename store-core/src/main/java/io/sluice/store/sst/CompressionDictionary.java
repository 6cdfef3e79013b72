// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import com.github.luben.zstd.ZstdDictDecompress;
import org.jspecify.annotations.Nullable;

/**
 * The dictionary that a table's data blocks were compressed with ({@code rocksdb.compression_dict}). Safe for concurrent
 * use. The table's reader closes it when no block is being read any more.
 */
final class CompressionDictionary implements AutoCloseable {
    private final byte[] bytes;
    private volatile @Nullable ZstdDictDecompress digested;

    CompressionDictionary(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The bytes; not to be written to. */
    byte[] bytes() {
        return bytes;
    }

    /** Made ready for Zstandard. */
    ZstdDictDecompress digested() {
        ZstdDictDecompress ready = digested;
        return ready == null ? digest() : ready;
    }

    @Override
    public synchronized void close() {
        if (digested != null) {
            digested.close();
            digested = null;
        }
    }

    private synchronized ZstdDictDecompress digest() {
        ZstdDictDecompress ready = digested;
        if (ready == null) {
            ready = new ZstdDictDecompress(bytes);
            digested = ready;
        }
        return ready;
    }
}
