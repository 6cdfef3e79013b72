// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an OPTIONS file says. A value.
 *
 * @param rocksDbVersion the release of RocksDB that wrote it, or all of whose options it has at most
 * @param dbOptions the store's options
 * @param columnFamilies those of its column families; the first is the default one
 * @param skipped what stands there and was not taken as it stands, in the file's order
 */
public record LoadedOptions(
        String rocksDbVersion,
        DBOptions dbOptions,
        List<ColumnFamilyDescriptor> columnFamilies,
        List<SkippedOption> skipped) {
    /** Copies the lists. */
    public LoadedOptions {
        columnFamilies = List.copyOf(columnFamilies);
        skipped = List.copyOf(skipped);
    }

    /** What it says of a column family, or null where it says nothing. */
    public @Nullable ColumnFamilyDescriptor columnFamily(String name) {
        return columnFamilies.stream()
                .filter(descriptor -> descriptor.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /**
     * An option that was not taken as it stands.
     *
     * @param line its line, from 1 on
     * @param section {@code DBOptions}, {@code CFOptions "name"} or {@code TableOptions/BlockBasedTable "name"}
     * @param name its name
     * @param value its value, as it stands
     * @param reason why
     */
    public record SkippedOption(int line, String section, String name, String value, Reason reason) {}

    /** Why an option was not taken as it stands. */
    public enum Reason {
        /** RocksDB has it, Sluice has not. */
        NOT_IN_SLUICE,
        /** Sluice has it, but not with that value: it has the nearest one, or the default. */
        VALUE_UNSUPPORTED,
        /** No release of RocksDB up to 11.8 has it. */
        UNKNOWN
    }
}
