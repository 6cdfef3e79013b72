// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

/** A column family of an open store. */
public final class ColumnFamily {
    private final int id;
    private final String name;

    ColumnFamily(int id, String name) {
        this.id = id;
        this.name = name;
    }

    public String name() {
        return name;
    }

    public int id() {
        return id;
    }
}
