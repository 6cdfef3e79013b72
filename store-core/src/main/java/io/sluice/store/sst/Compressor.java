// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import org.xerial.snappy.Snappy;

/**
 * Compresses blocks ({@code CompressBlock} in {@code block_based_table_builder.cc}). The same input gives the same output
 * on every machine: the native libraries are named, never "the fastest here". Used by one thread.
 */
final class Compressor implements AutoCloseable {
    private static final int MAX_VARINT = 5;

    private final CompressionType type;
    private final Algorithm algorithm;
    private byte[] output = new byte[0];
    private int outputLength;

    Compressor(CompressionType type, int level) {
        this.type = type;
        this.algorithm = algorithm(type, level);
    }

    /**
     * Compresses the first {@code length} bytes of {@code input} into {@link #output()}, with the raw length before them
     * (but for Snappy, which has its own), and room for a block's trailer behind them.
     *
     * @return false where it is not worth it: less than an eighth is saved, or the block is too long
     */
    boolean compress(byte[] input, int length) throws IOException {
        if (type == CompressionType.NONE || length > TableFormat.MAX_COMPRESSIBLE_LENGTH) {
            return false;
        }
        output = Buffers.ensure(output, (long) MAX_VARINT + algorithm.maxLength(length) + TableFormat.TRAILER_LENGTH);
        int start = type == CompressionType.SNAPPY ? 0 : putVarint(length);
        outputLength = start + algorithm.compress(input, length, output, start);
        return outputLength <= (length * 896L) >> 10; // max_compressed_bytes_per_kb, 1024 * 7 / 8
    }

    byte[] output() {
        return output;
    }

    int outputLength() {
        return outputLength;
    }

    @Override
    public void close() {
        algorithm.close();
    }

    private int putVarint(int value) {
        int n = 0;
        int rest = value;
        while (rest >>> 7 != 0) {
            output[n++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        output[n++] = (byte) rest;
        return n;
    }

    private static Algorithm algorithm(CompressionType type, int level) {
        boolean byDefault = level == TableOptions.DEFAULT_LEVEL;
        return switch (type) {
            case NONE -> new None();
            case SNAPPY -> new SnappyAlgorithm();
            case LZ4 -> new Lz4(LZ4Factory.nativeInstance().fastCompressor());
            case LZ4HC ->
                new Lz4(
                        byDefault
                                ? LZ4Factory.nativeInstance().highCompressor()
                                : LZ4Factory.nativeInstance().highCompressor(level));
            case ZSTD -> new ZstdAlgorithm(byDefault ? Zstd.defaultCompressionLevel() : level);
        };
    }

    /** One library. */
    private interface Algorithm extends AutoCloseable {
        int maxLength(int length);

        int compress(byte[] input, int length, byte[] target, int offset) throws IOException;

        @Override
        default void close() {}
    }

    private static final class None implements Algorithm {
        @Override
        public int maxLength(int length) {
            return length;
        }

        @Override
        public int compress(byte[] input, int length, byte[] target, int offset) {
            throw new IllegalStateException("NONE does not compress");
        }
    }

    private static final class SnappyAlgorithm implements Algorithm {
        @Override
        public int maxLength(int length) {
            return Snappy.maxCompressedLength(length);
        }

        @Override
        public int compress(byte[] input, int length, byte[] target, int offset) throws IOException {
            return Snappy.compress(input, 0, length, target, offset);
        }
    }

    private record Lz4(LZ4Compressor compressor) implements Algorithm {
        @Override
        public int maxLength(int length) {
            return compressor.maxCompressedLength(length);
        }

        @Override
        public int compress(byte[] input, int length, byte[] target, int offset) {
            return compressor.compress(input, 0, length, target, offset, compressor.maxCompressedLength(length));
        }
    }

    private static final class ZstdAlgorithm implements Algorithm {
        private final ZstdCompressCtx context = new ZstdCompressCtx();

        ZstdAlgorithm(int level) {
            context.setLevel(level);
        }

        @Override
        public int maxLength(int length) {
            return Math.toIntExact(Zstd.compressBound(length));
        }

        @Override
        public int compress(byte[] input, int length, byte[] target, int offset) {
            return context.compressByteArray(target, offset, maxLength(length), input, 0, length);
        }

        @Override
        public void close() {
            context.close();
        }
    }
}
