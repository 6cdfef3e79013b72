// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;

/**
 * Where a block stands in its file.
 *
 * @param offset of the first byte
 * @param length of the contents as stored, without the trailer
 */
public record BlockHandle(long offset, long length) {
    void encode(ByteWriter target) {
        target.putVarint64(offset).putVarint64(length);
    }

    static BlockHandle decode(ByteReader source) throws StoreException {
        return new BlockHandle(source.readVarint64(), source.readVarint64());
    }
}
