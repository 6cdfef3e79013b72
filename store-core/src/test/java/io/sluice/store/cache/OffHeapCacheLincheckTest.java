// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.cache;

import io.sluice.store.cache.OffHeapCache.Role;
import io.sluice.store.fuzz.LincheckTier;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A block cache that has room for three of six blocks: whatever its threads load, hold and push out, each gets the block it
 * asked for, whole, as long as it holds it; and when all is given back nothing is left.
 */
@Tag("lincheck")
@Param(name = "block", gen = IntGen.class, conf = "1:6")
public class OffHeapCacheLincheckTest {
    private static final int LENGTH = 64;

    private final long live = OffHeapBlock.liveBytes();
    private final OffHeapCache cache = new OffHeapCache(3 * LENGTH);

    /** The content of the block, read twice while it is held. */
    @Operation(params = "block")
    public int read(int block) throws IOException {
        OffHeapBlock held = take(block);
        try {
            int content = held.buffer().getInt(0);
            return content == held.buffer().getInt(LENGTH - Integer.BYTES) ? content : -1;
        } finally {
            held.release();
        }
    }

    /** Holds one block while it reads another. */
    @Operation(params = {"block", "block"})
    public int readBoth(int first, int second) throws IOException {
        OffHeapBlock held = take(first);
        try {
            return 10 * read(second) + held.buffer().getInt(0);
        } finally {
            held.release();
        }
    }

    @Validate
    public void leavesNothing() {
        if (cache.usage() > cache.capacity()) {
            throw new IllegalStateException("usage=" + cache.usage());
        }
        cache.close();
        if (cache.usage() != 0 || OffHeapBlock.liveBytes() != live) {
            throw new IllegalStateException("left=" + (OffHeapBlock.liveBytes() - live));
        }
    }

    private OffHeapBlock take(int block) throws IOException {
        OffHeapBlock found = cache.find(1, 1, block, Role.DATA);
        return found != null ? found : cache.load(1, 1, block, () -> load(block));
    }

    private static OffHeapBlock load(int block) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[LENGTH]);
        bytes.putInt(0, block);
        bytes.putInt(LENGTH - Integer.BYTES, block);
        return OffHeapBlock.copyOf(bytes, 0, LENGTH);
    }

    /** What a cache should be: not to be noticed. */
    public static final class NoCache {
        public int read(int block) {
            return block;
        }

        public int readBoth(int first, int second) {
            return 10 * second + first;
        }
    }

    @Test
    void shouldGiveEveryReaderItsBlockUnderStress() {
        LincheckTier.stress().sequentialSpecification(NoCache.class).check(OffHeapCacheLincheckTest.class);
    }
}
