// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A second look at a block whose entries tell their lengths, by as few rules as there are. */
final class PlainBlock {
    private final DirectBuffer block;
    private final EntryOrder order;
    private int at;

    private PlainBlock(DirectBuffer block, EntryOrder order) {
        this.block = block;
        this.order = order;
    }

    /**
     * Whether a block that can be walked is one that a writer can have made: its keys ascend, and its restart points are
     * entries that stand whole, each once, the first one at 0.
     */
    static boolean isSound(DirectBuffer block, EntryOrder order, int entryCount) {
        return new PlainBlock(block, order).isSound(entryCount);
    }

    private boolean isSound(int entryCount) {
        int count = block.getInt(block.capacity() - 4, ByteOrder.LITTLE_ENDIAN);
        if (count < 1 || count >>> 28 != 0) {
            return false; // features, which have other rules
        }
        int end = block.capacity() - 4 - 4 * count;
        int restart = 0;
        byte[] last = {};
        int entries = 0;
        for (; at < end; entries++) {
            boolean isRestart = restart < count && restartAt(end, restart) == at;
            restart += isRestart ? 1 : 0;
            int shared = varint();
            int unshared = varint();
            int valueLength = varint();
            if (isRestart && shared != 0) {
                return false;
            }
            byte[] key = Arrays.copyOf(last, shared + unshared);
            block.getBytes(at, key, shared, unshared);
            at += unshared + valueLength;
            if (entries > 0 && compare(last, key) >= 0) {
                return false;
            }
            last = key;
        }
        return restart == count && entries == entryCount;
    }

    private int compare(byte[] a, byte[] b) {
        return order.minKeyLength() == 0
                ? Arrays.compareUnsigned(a, b)
                : order.compare(new UnsafeBuffer(a), 0, a.length, new UnsafeBuffer(b));
    }

    private int restartAt(int end, int index) {
        return block.getInt(end + 4 * index, ByteOrder.LITTLE_ENDIAN);
    }

    private int varint() {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = block.getByte(at++);
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
