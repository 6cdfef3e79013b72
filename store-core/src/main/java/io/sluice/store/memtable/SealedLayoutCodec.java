// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import io.sluice.store.memtable.SealedLayout.EntryList;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;

/**
 * The bytes of a {@link SealedLayout}, little-endian.
 *
 * <pre>
 *   0  magic "SLMT"      u32      4  version           u32
 *   8  chunk length      u32     12  block count       u32
 *  16  head              u32     20  range deletions'
 *                                    head              u32
 *  24  entry count       u64     32  range deletions'
 *                                    count             u64
 *  40  smallest sequence u64     48  largest sequence  u64
 *  56  data length       u64     64  range deletions'
 *                                    data length       u64
 *  72  for each block: bytes in use u32, CRC32C of them u32
 *      CRC32C of all before u32
 * </pre>
 */
public final class SealedLayoutCodec {
    private static final int MAGIC = 0x544d4c53;
    private static final int FIXED_LENGTH = 72;
    private static final int BLOCK_ENTRY_LENGTH = 8;
    private static final int CHECKSUM_LENGTH = 4;

    private SealedLayoutCodec() {}

    /** The layout's bytes. */
    public static byte[] encode(SealedLayout layout) {
        ByteWriter writer = new ByteWriter(
                FIXED_LENGTH + BLOCK_ENTRY_LENGTH * layout.blockLengths().size() + CHECKSUM_LENGTH);
        writer.putFixed32(MAGIC)
                .putFixed32(layout.version())
                .putFixed32(layout.chunkLength())
                .putFixed32(layout.blockLengths().size())
                .putFixed32(layout.entries().head())
                .putFixed32(layout.rangeDeletions().head())
                .putFixed64(layout.entries().count())
                .putFixed64(layout.rangeDeletions().count())
                .putFixed64(layout.smallestSequence())
                .putFixed64(layout.largestSequence())
                .putFixed64(layout.entries().dataLength())
                .putFixed64(layout.rangeDeletions().dataLength());
        for (int i = 0; i < layout.blockLengths().size(); i++) {
            writer.putFixed32(layout.blockLengths().get(i))
                    .putFixed32(layout.blockChecksums().get(i));
        }
        return writer.putFixed32(Crc32c.of(writer.buffer(), 0, writer.length())).toByteArray();
    }

    /**
     * Reads a layout from a peer's bytes, which must fill the range.
     *
     * @throws StoreException of kind {@code CORRUPTION}, or {@code NOT_SUPPORTED} for another version
     */
    public static SealedLayout decode(DirectBuffer source, int offset, int length) throws StoreException {
        ByteReader reader = new ByteReader("memtable layout", source, offset, length);
        if (length < FIXED_LENGTH + CHECKSUM_LENGTH) {
            throw corrupt(
                    "length",
                    "the header has " + length + " bytes, expected at least " + (FIXED_LENGTH + CHECKSUM_LENGTH));
        }
        int magic = reader.readFixed32();
        if (magic != MAGIC) {
            throw corrupt(
                    "magic", "magic is 0x" + Integer.toHexString(magic) + ", expected 0x" + Integer.toHexString(MAGIC));
        }
        int version = reader.readFixed32();
        checkVersion(version);
        int chunkLength = reader.readFixed32();
        int blockCount = reader.readFixed32();
        if (length != FIXED_LENGTH + CHECKSUM_LENGTH + BLOCK_ENTRY_LENGTH * (blockCount & 0xffffffffL)) {
            throw corrupt(
                    "length",
                    "the header has " + length + " bytes, which do not fit its " + Integer.toUnsignedString(blockCount)
                            + " blocks");
        }
        int checksum = source.getInt(offset + length - CHECKSUM_LENGTH, ByteOrder.LITTLE_ENDIAN);
        int computed = Crc32c.of(source, offset, length - CHECKSUM_LENGTH);
        if (checksum != computed) {
            throw corrupt(
                    "checksum",
                    "the header's checksum is 0x" + Integer.toHexString(checksum) + ", its bytes have 0x"
                            + Integer.toHexString(computed));
        }
        int head = reader.readFixed32();
        int rangeHead = reader.readFixed32();
        long entryCount = reader.readFixed64();
        long rangeCount = reader.readFixed64();
        long smallestSequence = reader.readFixed64();
        long largestSequence = reader.readFixed64();
        long dataLength = reader.readFixed64();
        long rangeDataLength = reader.readFixed64();
        List<Integer> lengths = new ArrayList<>(blockCount);
        List<Integer> checksums = new ArrayList<>(blockCount);
        for (int i = 0; i < blockCount; i++) {
            lengths.add(reader.readFixed32());
            checksums.add(reader.readFixed32());
        }
        SealedLayout layout = new SealedLayout(
                version,
                chunkLength,
                lengths,
                checksums,
                new EntryList(head, entryCount, dataLength),
                new EntryList(rangeHead, rangeCount, rangeDataLength),
                smallestSequence,
                largestSequence);
        check(layout);
        return layout;
    }

    /** Checks that a layout from a peer is one that a memtable can have. */
    static void check(SealedLayout layout) throws StoreException {
        checkVersion(layout.version());
        int chunkLength = layout.chunkLength();
        if (!BitUtil.isPowerOfTwo(chunkLength) || chunkLength < 64 * 1024 || chunkLength > 64 * 1024 * 1024) {
            throw corrupt("chunk_length", "chunkLength=" + chunkLength + " is no power of two from 64 KiB to 64 MiB");
        }
        if (layout.blockChecksums().size() != layout.blockLengths().size()) {
            throw corrupt(
                    "blocks",
                    layout.blockChecksums().size() + " checksums for "
                            + layout.blockLengths().size() + " blocks");
        }
        long slots = 0;
        for (int length : layout.blockLengths()) {
            if (length < MemtableFormat.MIN_NODE_LENGTH || length % MemtableFormat.UNIT != 0) {
                throw corrupt(
                        "block_length",
                        "a block of " + length + " bytes, expected a multiple of 8 from "
                                + MemtableFormat.MIN_NODE_LENGTH);
            }
            slots += (length - 1) / chunkLength + 1;
        }
        long maxSlots = MemtableFormat.maxSlots(chunkLength);
        if (slots > maxSlots) {
            throw corrupt("blocks", "the blocks take " + slots + " slots, references reach " + maxSlots);
        }
        checkList(layout, layout.entries());
        checkList(layout, layout.rangeDeletions());
        if (layout.smallestSequence() < 0
                || layout.smallestSequence() > layout.largestSequence()
                || layout.largestSequence() > InternalKey.MAX_SEQUENCE) {
            throw corrupt(
                    "sequences",
                    "sequence numbers from " + layout.smallestSequence() + " to " + layout.largestSequence());
        }
    }

    private static void checkList(SealedLayout layout, EntryList list) throws StoreException {
        long maxEntries = layout.totalLength() / MemtableFormat.MIN_NODE_LENGTH;
        if (list.count() < 0 || list.count() > maxEntries) {
            throw corrupt(
                    "entry_count", "a list of " + list.count() + " entries, its bytes have room for " + maxEntries);
        }
        if (list.head() < 0 || (list.head() == MemtableFormat.NONE) != (list.count() == 0)) {
            throw corrupt("head", "head=" + list.head() + " of a list of " + list.count() + " entries");
        }
        if (list.dataLength() < 0 || list.dataLength() > layout.totalLength()) {
            throw corrupt(
                    "data_length",
                    "dataLength=" + list.dataLength() + " in blocks of " + layout.totalLength() + " bytes");
        }
    }

    private static void checkVersion(int version) throws StoreException {
        if (version != MemtableFormat.VERSION) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "memtable.layout.version",
                    "memtable layout of version " + version + ", this program reads " + MemtableFormat.VERSION
                            + ": run the same release on generator and worker");
        }
    }

    private static StoreException corrupt(String check, String problem) {
        return StoreException.corruption("memtable.layout." + check, "memtable layout: " + problem);
    }
}
