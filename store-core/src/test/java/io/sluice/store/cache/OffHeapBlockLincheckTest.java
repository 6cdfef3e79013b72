// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.cache;

import io.sluice.store.fuzz.LincheckTier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A block's references: freed by the last release, never used or retained after it, never released too often. */
@Tag("lincheck")
public class OffHeapBlockLincheckTest {
    private final OffHeapBlock block = OffHeapBlock.copyOf(new UnsafeBuffer(new byte[8]), 0, 8);

    @Operation
    public boolean retain() {
        return block.tryRetain();
    }

    @Operation
    public boolean release() {
        try {
            block.release();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Operation
    public boolean isAlive() {
        try {
            return block.buffer() != null;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** What references should be. */
    public static final class Count {
        private int references = 1;

        public boolean retain() {
            references += references > 0 ? 1 : 0;
            return references > 0;
        }

        public boolean release() {
            return references > 0 && references-- > 0;
        }

        public boolean isAlive() {
            return references > 0;
        }
    }

    @Test
    void shouldCountUnderStress() {
        LincheckTier.stress().sequentialSpecification(Count.class).check(OffHeapBlockLincheckTest.class);
    }

    @Test
    void shouldCountInEveryOrderTried() {
        LincheckTier.model().sequentialSpecification(Count.class).check(OffHeapBlockLincheckTest.class);
    }
}
