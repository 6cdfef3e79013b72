// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.util.zip.Inflater;
import org.agrona.concurrent.UnsafeBuffer;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * What reading one block needs beside the block: kept from one to the next, so that reads allocate nothing. Used by one
 * thread between {@link #take} and {@link #give}.
 */
final class LoadScratch {
    private static final int RETAINED = 64;
    private static final int RETAINED_LENGTH = 1 << 20;
    private static final MpmcVarHandleArrayQueue<LoadScratch> FREE = new MpmcVarHandleArrayQueue<>(RETAINED);

    /** A block as it stands in its file, with its trailer. */
    final UnsafeBuffer stored = new UnsafeBuffer(new byte[1 << 14]);
    /** A decompressed block. */
    final UnsafeBuffer output = new UnsafeBuffer(new byte[1 << 14]);
    /** The block under way, for messages. */
    final BlockPlace place = new BlockPlace();

    private @Nullable ZstdDecompressCtx zstd;
    private @Nullable Inflater inflater;

    private LoadScratch() {}

    static LoadScratch take() {
        LoadScratch scratch = FREE.relaxedPoll();
        return scratch == null ? new LoadScratch() : scratch;
    }

    /** Gives it back; the caller must not touch it afterwards. */
    void give() {
        shrink(stored);
        shrink(output);
        if (!FREE.offer(this)) {
            if (zstd != null) {
                zstd.close();
            }
            if (inflater != null) {
                inflater.end();
            }
        }
    }

    /** {@code buffer}'s array, with room for {@code length} bytes. */
    static byte[] ensure(UnsafeBuffer buffer, int length) {
        if (length > buffer.capacity()) {
            buffer.wrap(new byte[Buffers.grown(buffer.capacity(), length)]);
        }
        return buffer.byteArray();
    }

    ZstdDecompressCtx zstd() {
        ZstdDecompressCtx context = zstd;
        if (context == null) {
            context = new ZstdDecompressCtx();
            zstd = context;
        }
        return context;
    }

    /** For raw deflate streams, at its beginning. */
    Inflater inflater() {
        Inflater started = inflater;
        if (started == null) {
            started = new Inflater(true);
            inflater = started;
        } else {
            started.reset();
        }
        return started;
    }

    private static void shrink(UnsafeBuffer buffer) {
        if (buffer.capacity() > RETAINED_LENGTH) {
            buffer.wrap(new byte[1 << 14]);
        }
    }
}
