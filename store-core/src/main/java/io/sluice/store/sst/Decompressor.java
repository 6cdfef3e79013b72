// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.sluice.store.base.ByteReader;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import org.agrona.concurrent.UnsafeBuffer;
import org.xerial.snappy.Snappy;

/**
 * Decompresses blocks. What a block claims to hold is believed only up to {@link TableFormat#MAX_COMPRESSIBLE_LENGTH} and
 * up to the most that its algorithm can make of so many bytes, and must then be exactly what comes out.
 */
final class Decompressor {
    /** An LZ4 sequence's length grows by at most 255 for a byte. */
    private static final int LZ4_RATIO = 255;
    /** A Snappy copy of at most 64 bytes takes 3 bytes (2 for up to 11). */
    private static final int SNAPPY_RATIO = 22;
    /** A Zstandard block of at most 128 KiB takes 4 bytes, a header of 3 and one to repeat. */
    private static final int ZSTD_RATIO = 32_768;

    private Decompressor() {}

    /**
     * The contents of a block.
     *
     * @param where names the block in errors
     * @param type the byte in the block's trailer, not {@link CompressionType#NONE}'s
     */
    static byte[] decompress(String where, byte type, byte[] input, int length) throws IOException {
        for (CompressionType known : CompressionType.values()) {
            if (known.id() == type) {
                return decompress(where, known, input, length);
            }
        }
        throw new StoreException(
                StoreException.Kind.NOT_SUPPORTED,
                "sst.compression-type",
                where + ": compression type " + (type & 0xff) + " is not supported: expected 0, 1, 4, 5 or 7");
    }

    private static byte[] decompress(String where, CompressionType type, byte[] input, int length) throws IOException {
        ByteReader reader = new ByteReader(where, new UnsafeBuffer(input), 0, length);
        int declared = reader.readVarint32(); // Snappy's own preamble is of the same form
        int start = reader.position();
        int payload = length - start;
        long most = Math.min((long) payload * ratio(type), TableFormat.MAX_COMPRESSIBLE_LENGTH);
        if (declared < 0 || declared > most) {
            throw corruption(
                    where,
                    "expected at most " + most + " bytes from " + payload + " of " + type + ", found a claim of "
                            + Integer.toUnsignedString(declared));
        }
        byte[] output = new byte[declared];
        long found;
        try {
            found = switch (type) {
                case SNAPPY ->
                    Snappy.isValidCompressedBuffer(input, 0, length)
                            ? Snappy.uncompress(input, 0, length, output, 0)
                            : -1;
                case LZ4, LZ4HC ->
                    LZ4Factory.nativeInstance()
                            .safeDecompressor()
                            .decompress(input, start, payload, output, 0, declared);
                case ZSTD -> Zstd.decompressByteArray(output, 0, declared, input, start, payload);
                case NONE -> throw new IllegalArgumentException("a block that is not compressed");
            };
        } catch (LZ4Exception | ZstdException e) {
            throw new StoreException(
                    StoreException.Kind.CORRUPTION,
                    "sst.block.compressed",
                    where + ": malformed " + type + ": expected " + declared + " bytes",
                    e);
        }
        if (found != declared) {
            throw corruption(
                    where,
                    "expected " + declared + " bytes from " + type + ", found "
                            + (found < 0 ? "malformed input" : found));
        }
        return output;
    }

    private static int ratio(CompressionType type) {
        return switch (type) {
            case NONE -> 1;
            case SNAPPY -> SNAPPY_RATIO;
            case LZ4, LZ4HC -> LZ4_RATIO;
            case ZSTD -> ZSTD_RATIO;
        };
    }

    private static StoreException corruption(String where, String problem) {
        return StoreException.corruption("sst.block.compressed", where + ": " + problem);
    }
}
