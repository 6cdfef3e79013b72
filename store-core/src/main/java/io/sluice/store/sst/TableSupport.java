// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import java.nio.ByteOrder;
import java.util.Set;

/** Refuses tables whose properties ask for what is not read: passing over it would give wrong data. */
final class TableSupport {
    private TableSupport() {}

    static void check(String name, TableProperties properties, Set<String> metaBlocks, KeyComparator comparator)
            throws StoreException {
        String written = properties.text(PropertyNames.COMPARATOR);
        if (!written.isEmpty() && !written.equals(comparator.name())) {
            throw StoreException.invalid(
                    "sst.comparator",
                    name + ": expected comparator " + comparator.name() + ", found " + written
                            + ": open the store with the comparator it was written with");
        }
        Slice indexType = properties.raw().get(PropertyNames.INDEX_TYPE);
        if (indexType != null) {
            checkIndexType(name, indexType);
        }
        if (metaBlocks.contains(TableFormat.DICTIONARY_BLOCK)) {
            throw unsupported("sst.dictionary", name + ": a compression dictionary is not supported");
        }
        Slice sequence = properties.raw().get(PropertyNames.GLOBAL_SEQUENCE);
        if (sequence != null
                && (sequence.length() != Long.BYTES || sequence.buffer().getLong(0) != 0)) {
            throw unsupported("sst.global-sequence", name + ": a global sequence number is not supported");
        }
    }

    private static void checkIndexType(String name, Slice encoded) throws StoreException {
        if (encoded.length() != Integer.BYTES) {
            throw StoreException.corruption(
                    "sst.index.type", name + ": expected an index type of 4 bytes, found " + encoded);
        }
        int type = encoded.buffer().getInt(0, ByteOrder.LITTLE_ENDIAN);
        if (type != TableFormat.INDEX_BINARY_SEARCH && type != TableFormat.INDEX_HASH_SEARCH) {
            throw unsupported("sst.index.type", name + ": index type " + type + " is not supported: expected 0 or 1");
        }
    }

    private static StoreException unsupported(String code, String message) {
        return new StoreException(StoreException.Kind.NOT_SUPPORTED, code, message);
    }
}
