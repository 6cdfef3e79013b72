// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

/** How a block's contents are compressed; the ids stand in block trailers ({@code include/rocksdb/compression_type.h}). */
public enum CompressionType {
    NONE(0x0, "NoCompression"),
    SNAPPY(0x1, "Snappy"),
    LZ4(0x4, "LZ4"),
    LZ4HC(0x5, "LZ4HC"),
    ZSTD(0x7, "ZSTD");

    private final byte id;
    private final String rocksName;

    CompressionType(int id, String rocksName) {
        this.id = (byte) id;
        this.rocksName = rocksName;
    }

    /** The type byte in a block's trailer. */
    public byte id() {
        return id;
    }

    /** The name in a table's properties. */
    public String rocksName() {
        return rocksName;
    }
}
