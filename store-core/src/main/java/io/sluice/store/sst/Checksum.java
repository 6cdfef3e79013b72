// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import com.dynatrace.hash4j.hashing.Hashing;
import io.sluice.store.base.Crc32c;
import java.util.zip.CRC32C;
import net.jpountz.xxhash.XXHashFactory;

/** The checksums that may stand in a block's trailer ({@code ComputeBuiltinChecksum} in {@code table/format.cc}). */
final class Checksum {
    private static final int XXH3_LAST_BYTE_PRIME = 0x6b9083d9;

    private Checksum() {}

    /**
     * The checksum of {@code length} bytes from the array's beginning.
     *
     * @param type one of {@code TableFormat.CHECKSUM_*}, but for {@code CHECKSUM_NONE}
     */
    static int of(byte type, byte[] bytes, int length) {
        return switch (type) {
            case TableFormat.CHECKSUM_CRC32C -> crc32c(bytes, length);
            case TableFormat.CHECKSUM_XXHASH ->
                XXHashFactory.fastestJavaInstance().hash32().hash(bytes, 0, length, 0);
            case TableFormat.CHECKSUM_XXHASH64 ->
                (int) XXHashFactory.fastestJavaInstance().hash64().hash(bytes, 0, length, 0);
            case TableFormat.CHECKSUM_XXH3 -> xxh3(bytes, length);
            default -> throw new IllegalArgumentException("type=" + type);
        };
    }

    /**
     * What is added to a checksum so that a block in a wrong place fails ({@code ChecksumModifierForContext} in {@code
     * table/format.h}).
     *
     * @param baseContext from the footer; 0 where checksums do not depend on the place
     * @param offset of what is checked
     */
    static int modifier(int baseContext, long offset) {
        return baseContext == 0 ? 0 : baseContext ^ ((int) offset + (int) (offset >>> 32));
    }

    private static int crc32c(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Crc32c.mask((int) crc.getValue());
    }

    /** The last byte, the compression type, enters apart, so that RocksDB can hash the contents alone. */
    private static int xxh3(byte[] bytes, int length) {
        int hash = (int) Hashing.xxh3_64().hashBytesToLong(bytes, 0, length - 1);
        return hash ^ ((bytes[length - 1] & 0xff) * XXH3_LAST_BYTE_PRIME);
    }
}
