// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file taken apart, its names and values as they stand.
 *
 * @param rocksDbVersion the release of RocksDB that wrote it, or whose options it has
 * @param db the store's options
 * @param columnFamilies at least one; the first is the default one
 */
public record OptionsFile(String rocksDbVersion, OptionSection db, List<ColumnFamily> columnFamilies) {
    /** Copies the column families. */
    public OptionsFile {
        columnFamilies = List.copyOf(columnFamilies);
    }

    /**
     * What a file says of a column family.
     *
     * @param options its own options; the section's argument is its name
     * @param table the options of its tables, or null where there are none
     */
    public record ColumnFamily(
            OptionSection options, @Nullable OptionSection table) {}
}
