// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/**
 * Compressed blocks of every type, without and with a dictionary. The first byte is the type, the second says whether the
 * dictionary is used, the others are the block. Claims of more than a MiB are left out: how much they may be has tests of
 * its own.
 */
class DecompressorFuzzTest extends FuzzTarget {
    private static final byte[] DICTIONARY =
            "fruit vegetable tree leaf value key ".repeat(20).getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TYPES = {1, 2, 3, 4, 5, 7, 0x40};
    private static final int MOST = 1 << 20;

    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        byte[] content =
                "a leaf of a tree is a leaf, a fruit is none ".repeat(40).getBytes(StandardCharsets.US_ASCII);
        for (CompressionType type : CompressionType.values()) {
            if (type == CompressionType.NONE) {
                continue;
            }
            try (Compressor compressor = new Compressor(type, TableOptions.DEFAULT_LEVEL)) {
                if (compressor.compress(content.clone(), content.length)) {
                    byte[] block = Arrays.copyOf(compressor.output(), compressor.outputLength());
                    seeds.add(input(type.id(), 0, block));
                    seeds.add(input(type.id(), 1, block));
                }
            }
        }
        ByteArrayOutputStream zlib = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        try (DeflaterOutputStream out = new DeflaterOutputStream(zlib, deflater)) {
            out.write(content);
        }
        deflater.end();
        ByteArrayOutputStream bzip2 = new ByteArrayOutputStream();
        try (BZip2CompressorOutputStream out = new BZip2CompressorOutputStream(bzip2, 1)) {
            out.write(content);
        }
        seeds.add(input((byte) 2, 0, withLength(content.length, zlib.toByteArray())));
        seeds.add(input((byte) 3, 0, withLength(content.length, bzip2.toByteArray())));
        return seeds;
    }

    private static byte[] withLength(int length, byte[] compressed) {
        return new ByteWriter().putVarint32(length).putBytes(compressed).toByteArray();
    }

    private static byte[] input(byte type, int dictionary, byte[] block) {
        byte[] input = new byte[2 + block.length];
        input[0] = type;
        input[1] = (byte) dictionary;
        System.arraycopy(block, 0, input, 2, block.length);
        return input;
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        if (input.length < 3) {
            return;
        }
        boolean isKnown = Arrays.binarySearch(TYPES, input[0]) >= 0;
        byte type = isKnown || input[0] == 6 ? input[0] : TYPES[(input[0] & 0xff) % TYPES.length];
        byte[] block = Arrays.copyOfRange(input, 2, input.length);
        int claim = claim(block);
        if (claim < 0 || claim > MOST) {
            return;
        }
        allow(8L * claim + (8L << 20)); // for what bzip2 works with
        boolean withDictionary = (input[1] & 1) == 1;
        byte[] once = decompress(type, block, withDictionary);
        require(once.length == claim, "claim=" + claim + " found=" + once.length);
        require(Arrays.equals(once, decompress(type, block, withDictionary)), "a second time, it is something else");
    }

    private static byte[] decompress(byte type, byte[] block, boolean withDictionary) throws IOException {
        LoadScratch scratch = LoadScratch.take();
        try (CompressionDictionary dictionary = new CompressionDictionary(DICTIONARY)) {
            System.arraycopy(block, 0, LoadScratch.ensure(scratch.stored, block.length), 0, block.length);
            BlockPlace place = scratch.place.set("file", 0);
            int length =
                    Decompressor.decompress(scratch, block.length, type, withDictionary ? dictionary : null, place);
            return Arrays.copyOf(scratch.output.byteArray(), length);
        } finally {
            scratch.give();
        }
    }

    private static int claim(byte[] block) {
        int value = 0;
        for (int i = 0; i < Math.min(block.length, 5); i++) {
            value |= (block[i] & 0x7f) << (7 * i);
            if (block[i] >= 0) {
                break;
            }
        }
        return value;
    }
}
