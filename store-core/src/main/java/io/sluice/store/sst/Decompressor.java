// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import com.github.luben.zstd.ZstdDecompressCtx;
import io.sluice.store.base.StoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import net.jpountz.lz4.LZ4Factory;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.Snappy;

/**
 * Decompresses blocks ({@code util/compression.cc}). What a block claims to hold is believed only up to {@link
 * TableFormat#MAX_COMPRESSIBLE_LENGTH} and up to the most that its algorithm can make of so many bytes, and must then be
 * exactly what comes out.
 */
final class Decompressor {
    private static final byte SNAPPY = 1;
    private static final byte ZLIB = 2;
    private static final byte BZIP2 = 3;
    private static final byte LZ4 = 4;
    private static final byte LZ4HC = 5;
    private static final byte ZSTD = 7;
    /** Zstandard before its format was settled; RocksDB reads it as {@link #ZSTD}. */
    private static final byte ZSTD_NOT_FINAL = 0x40;

    private static final int MAX_VARINT = 5;
    /** A Snappy copy of at most 64 bytes takes 3 bytes (2 for up to 11). */
    private static final int SNAPPY_RATIO = 22;
    /** A deflate match of at most 258 bytes takes 2 bits. */
    private static final int ZLIB_RATIO = 1032;
    /** An LZ4 sequence's length grows by at most 255 for a byte. */
    private static final int LZ4_RATIO = 255;
    /** A Zstandard block of at most 128 KiB takes 4 bytes, a header of 3 and one to repeat. */
    private static final int ZSTD_RATIO = 32_768;
    /** A bzip2 block of 900,000 bytes, each run of 255 in 5 of them, takes some 40 bytes. */
    private static final int BZIP2_RATIO = 1 << 20;

    private Decompressor() {}

    /**
     * Decompresses {@code scratch.stored} into {@code scratch.output}.
     *
     * @param length of the block, without its trailer
     * @param type the byte in the block's trailer, not {@link CompressionType#NONE}'s
     * @param dictionary of the table, where the block was compressed with it
     * @param where names the block in errors
     * @return bytes in {@code scratch.output}
     */
    static int decompress(
            LoadScratch scratch, int length, byte type, @Nullable CompressionDictionary dictionary, BlockPlace where)
            throws IOException {
        byte[] input = scratch.stored.byteArray();
        int ratio = ratio(type, where);
        long preamble = readVarint(input, length); // Snappy's own is of the same form
        int start = (int) (preamble >>> 32);
        int declared = (int) preamble;
        int payload = length - start;
        long most = Math.min((long) payload * ratio, TableFormat.MAX_COMPRESSIBLE_LENGTH);
        if (start == 0 || declared < 0 || declared > most) {
            throw corruption(
                    where,
                    "expected at most " + most + " bytes from " + payload + " of compression type " + type
                            + ", found a claim of " + (start == 0 ? "nothing" : Integer.toUnsignedString(declared)));
        }
        byte[] output = LoadScratch.ensure(scratch.output, declared);
        int found;
        try {
            found = switch (type) {
                case SNAPPY ->
                    Snappy.isValidCompressedBuffer(input, 0, length)
                            ? Snappy.uncompress(input, 0, length, output, 0)
                            : -1;
                case ZLIB -> inflate(scratch.inflater(), input, start, payload, output, declared, dictionary);
                case BZIP2 -> bzip2(input, start, payload, output, declared);
                case LZ4, LZ4HC -> lz4(input, start, payload, output, declared, dictionary);
                default -> zstd(scratch.zstd(), input, start, payload, output, declared, dictionary);
            };
        } catch (DataFormatException | IOException | RuntimeException e) {
            throw new StoreException(
                    StoreException.Kind.CORRUPTION,
                    "sst.block.compressed",
                    where + ": malformed compression type " + type + ": expected " + declared + " bytes",
                    e);
        }
        if (found != declared) {
            throw corruption(
                    where,
                    "expected " + declared + " bytes from compression type " + type + ", found "
                            + (found < 0 ? "malformed input" : found));
        }
        return declared;
    }

    private static int inflate(
            Inflater inflater,
            byte[] input,
            int offset,
            int length,
            byte[] output,
            int declared,
            @Nullable CompressionDictionary dictionary)
            throws DataFormatException {
        if (dictionary != null) {
            inflater.setDictionary(dictionary.bytes());
        }
        inflater.setInput(input, offset, length);
        int done = 0;
        while (done < declared) {
            int count = inflater.inflate(output, done, declared - done);
            if (count == 0) {
                return -1;
            }
            done += count;
        }
        return done;
    }

    private static int bzip2(byte[] input, int offset, int length, byte[] output, int declared) throws IOException {
        try (BZip2CompressorInputStream stream =
                new BZip2CompressorInputStream(new ByteArrayInputStream(input, offset, length))) {
            int done = stream.readNBytes(output, 0, declared);
            return stream.read() < 0 ? done : -1;
        }
    }

    private static int lz4(
            byte[] input,
            int offset,
            int length,
            byte[] output,
            int declared,
            @Nullable CompressionDictionary dictionary) {
        if (dictionary == null) {
            return LZ4Factory.nativeInstance()
                    .safeDecompressor()
                    .decompress(input, offset, length, output, 0, declared);
        }
        byte[] whole = Lz4Dictionary.decompress(dictionary.bytes(), input, offset, length, declared);
        int before = Lz4Dictionary.outputOffset(dictionary.bytes());
        if (whole.length != before + declared) {
            return -1;
        }
        System.arraycopy(whole, before, output, 0, declared);
        return declared;
    }

    private static int zstd(
            ZstdDecompressCtx context,
            byte[] input,
            int offset,
            int length,
            byte[] output,
            int declared,
            @Nullable CompressionDictionary dictionary) {
        if (dictionary == null) {
            return context.decompressByteArray(output, 0, declared, input, offset, length);
        }
        context.loadDict(dictionary.digested());
        try {
            return context.decompressByteArray(output, 0, declared, input, offset, length);
        } finally {
            context.reset();
        }
    }

    private static int ratio(byte type, BlockPlace where) throws StoreException {
        return switch (type) {
            case SNAPPY -> SNAPPY_RATIO;
            case ZLIB -> ZLIB_RATIO;
            case BZIP2 -> BZIP2_RATIO;
            case LZ4, LZ4HC -> LZ4_RATIO;
            case ZSTD, ZSTD_NOT_FINAL -> ZSTD_RATIO;
            default ->
                throw new StoreException(
                        StoreException.Kind.NOT_SUPPORTED,
                        "sst.compression-type",
                        where + ": compression type " + (type & 0xff) + " is not supported: expected 0 to 5, 7 or 64");
        };
    }

    /** The varint at the beginning, and in the upper half how many bytes it takes; 0 where there is none. */
    private static long readVarint(byte[] input, int length) {
        int value = 0;
        for (int i = 0; i < Math.min(length, MAX_VARINT); i++) {
            value |= (input[i] & 0x7f) << (7 * i);
            if (input[i] >= 0) {
                return (long) (i + 1) << 32 | (value & 0xffffffffL);
            }
        }
        return 0;
    }

    private static StoreException corruption(BlockPlace where, String problem) {
        return StoreException.corruption("sst.block.compressed", where + ": " + problem);
    }
}
