// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

/**
 * A column family to open or create.
 *
 * @param name its name, not empty; {@link #DEFAULT_NAME} always exists
 * @param options its options
 */
public record ColumnFamilyDescriptor(String name, ColumnFamilyOptions options) {
    /** The name of the column family that every store has. */
    public static final String DEFAULT_NAME = "default";

    /** Checks the name. */
    public ColumnFamilyDescriptor {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("the name of a column family is empty");
        }
    }

    /** A column family with default options. */
    public ColumnFamilyDescriptor(String name) {
        this(name, ColumnFamilyOptions.DEFAULT);
    }
}
