// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import java.util.Set;

/** Refuses tables whose properties ask for what is not read: passing over it would give wrong data. */
final class TableSupport {
    /** What RocksDB's comparators of keys with timestamps have at the end of their names. */
    private static final String TIMESTAMPS = ".u64ts";
    /** The {@code CompatibilityName} of RocksDB's own compression. */
    private static final String BUILTIN_COMPRESSION = "BuiltinV2";

    private TableSupport() {}

    static void check(
            String name, int version, TableProperties properties, Set<String> metaBlocks, KeyComparator comparator)
            throws StoreException {
        String written = properties.text(PropertyNames.COMPARATOR);
        if (written.endsWith(TIMESTAMPS)
                || properties.text(PropertyNames.TIMESTAMPS_PERSISTED).equals("0")) {
            throw unsupported(
                    "sst.timestamps",
                    name + ": keys with user-defined timestamps (comparator " + written + ") are not supported");
        }
        if (!written.isEmpty() && !written.equals(comparator.name())) {
            throw StoreException.invalid(
                    "sst.comparator",
                    name + ": expected comparator " + comparator.name() + ", found " + written
                            + ": open the store with the comparator it was written with");
        }
        checkCompression(name, version, properties.text(PropertyNames.COMPRESSION));
    }

    /** The types that blocks have are checked with each block; a manager of its own may mean other things by them. */
    private static void checkCompression(String name, int version, String compression) throws StoreException {
        int separator = compression.indexOf(';');
        String manager = separator < 0 ? "" : compression.substring(0, separator);
        if (version >= TableFormat.COMPRESSION_MANAGER_VERSION
                && !manager.isEmpty()
                && !manager.equals(BUILTIN_COMPRESSION)) {
            throw unsupported(
                    "sst.compression-manager",
                    name + ": compression by " + manager + " is not supported: expected " + BUILTIN_COMPRESSION);
        }
    }

    private static StoreException unsupported(String code, String message) {
        return new StoreException(StoreException.Kind.NOT_SUPPORTED, code, message);
    }
}
