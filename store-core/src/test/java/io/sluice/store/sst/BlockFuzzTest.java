// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.Slice;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Blocks in each of their forms, by every move of their iterators. The first byte says which form, the others are the
 * block. Where a block is one that a writer could have made, every move must agree with a plain list of its entries.
 */
class BlockFuzzTest extends FuzzTarget {
    private static final int SOUGHT = 12;

    /** An entry as it was found, and a number for what stands behind its key. */
    private record Found(Slice key, long value) {}

    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] table : GoldenTables.all()) {
            seeds.addAll(GoldenTables.blocks(table));
        }
        return seeds;
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        BlockForm form = BlockForm.of(input[0]);
        UnsafeBuffer block = new UnsafeBuffer(input, 1, input.length - 1);
        List<Found> forward = new ArrayList<>();
        List<Found> backward = new ArrayList<>();
        boolean whole = attempt(() -> forward(form.iterator(), block, forward));
        whole &= attempt(() -> backward(form.iterator(), block, backward));
        Collections.reverse(backward);
        boolean isSound = whole
                && !form.isDelta
                && form != BlockForm.RENUMBERED
                && PlainBlock.isSound(block, form.order(), forward.size());
        require(!isSound || forward.equals(backward), "a walk back gives other entries than one forward");
        for (DirectBuffer sought : sought(form, input, forward)) {
            attempt(() -> seek(form, block, sought, isSound ? forward : null));
        }
        if (whole) {
            List<Found> again = new ArrayList<>();
            forward(form.iterator(), block, again);
            require(again.equals(forward), "a second walk gives other entries");
        }
    }

    private void forward(BlockIterator iterator, DirectBuffer block, List<Found> found) throws IOException {
        iterator.reset("block", 0, block);
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            found.add(here(iterator, block));
        }
    }

    private void backward(BlockIterator iterator, DirectBuffer block, List<Found> found) throws IOException {
        iterator.reset("block", 0, block);
        for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
            found.add(here(iterator, block));
            require(found.size() <= block.capacity(), "more entries than bytes");
        }
    }

    private Found here(BlockIterator iterator, DirectBuffer block) {
        DirectBuffer key = iterator.key();
        allow(2L * key.capacity() + 512);
        if (iterator instanceof DataBlockIterator data) {
            DirectBuffer value = data.value();
            require(value.capacity() <= block.capacity(), "a value longer than its block");
            CRC32C crc = new CRC32C();
            Crc32c.update(crc, value, 0, value.capacity());
            return new Found(Slice.copyOf(key), crc.getValue());
        }
        IndexBlockIterator index = (IndexBlockIterator) iterator;
        return new Found(Slice.copyOf(key), 31 * index.targetOffset() + index.targetLength());
    }

    private static List<DirectBuffer> sought(BlockForm form, byte[] input, List<Found> entries) {
        List<DirectBuffer> sought = new ArrayList<>();
        sought.add(Entry.seekKey(new byte[0], 9));
        sought.add(Entry.seekKey(new byte[] {-1, -1, -1}, 9));
        sought.add(new UnsafeBuffer(input, input.length / 2, Math.min(8, input.length - input.length / 2)));
        for (int i = 0; i < Math.min(entries.size(), SOUGHT); i++) {
            byte[] key = entries.get(i * entries.size() / Math.min(entries.size(), SOUGHT))
                    .key()
                    .toByteArray();
            sought.add(form.ofUserKeys ? Entry.seekKey(key, 9) : new UnsafeBuffer(key));
        }
        sought.removeIf(key -> form != BlockForm.NAMES && key.capacity() < 8);
        return sought;
    }

    private void seek(BlockForm form, DirectBuffer block, DirectBuffer sought, @Nullable List<Found> entries)
            throws IOException {
        allow(2L * sought.capacity() + 1024);
        BlockIterator iterator = form.iterator();
        iterator.reset("block", 0, block);
        iterator.seek(sought);
        int first = entries == null ? 0 : firstAtOrAfter(form, sought, entries);
        expect(iterator, block, entries, first, "seek");
        if (iterator.isValid()) {
            iterator.next();
            expect(iterator, block, entries, first + 1, "next");
        }
        iterator.seekForPrev(sought);
        int last = entries == null ? 0 : lastAtOrBefore(form, sought, entries);
        expect(iterator, block, entries, last, "seekForPrev");
        if (iterator.isValid()) {
            iterator.prev();
            expect(iterator, block, entries, last - 1, "prev");
        }
    }

    private void expect(
            BlockIterator iterator, DirectBuffer block, @Nullable List<Found> entries, int index, String move) {
        if (entries == null) {
            return;
        }
        boolean isIn = index >= 0 && index < entries.size();
        require(iterator.isValid() == isIn, move + " is on an entry: " + iterator.isValid());
        require(!isIn || here(iterator, block).equals(entries.get(index)), move + " is on another entry than " + index);
    }

    private static int compare(BlockForm form, Found entry, DirectBuffer sought) {
        return form.order().compare(entry.key().buffer(), 0, entry.key().length(), sought);
    }

    private static int firstAtOrAfter(BlockForm form, DirectBuffer sought, List<Found> entries) {
        int index = 0;
        while (index < entries.size() && compare(form, entries.get(index), sought) < 0) {
            index++;
        }
        return index;
    }

    private static int lastAtOrBefore(BlockForm form, DirectBuffer sought, List<Found> entries) {
        int index = entries.size() - 1;
        while (index >= 0 && compare(form, entries.get(index), sought) > 0) {
            index--;
        }
        return index;
    }
}
