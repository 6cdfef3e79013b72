// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses the records of a log with {@code wal_compression}: each is one Zstandard frame, cut into fragments as the
 * record itself would be (db/log_writer.cc). One thread at a time.
 */
final class RecordDecompressor {
    /** The id of Zstandard ({@code include/rocksdb/compression_type.h}), the only one that RocksDB has for logs. */
    static final int ZSTD = 7;

    /** Far above what a batch has, far below what a few hostile bytes can claim. */
    private static final int MAX_LENGTH = 512 << 20;

    private final ExpandableArrayBuffer output = new ExpandableArrayBuffer(512);
    private final byte[] chunk = new byte[LogFormat.BLOCK_LENGTH];

    /**
     * Decompresses a record into {@code view}, which is valid until the next call.
     *
     * @return what is wrong with it, or null
     */
    @Nullable
    String decompress(byte[] record, int length, UnsafeBuffer view) {
        int total = 0;
        try (ZstdInputStreamNoFinalizer in = new ZstdInputStreamNoFinalizer(
                new ByteArrayInputStream(record, 0, length), RecyclingBufferPool.INSTANCE)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                if (read > MAX_LENGTH - total) {
                    return "a compressed record claims more than " + MAX_LENGTH + " bytes";
                }
                output.putBytes(total, chunk, 0, read);
                total += read;
            }
        } catch (IOException e) {
            return "a compressed record can't be decompressed: " + e.getMessage();
        }
        view.wrap(output, 0, total);
        return null;
    }
}
