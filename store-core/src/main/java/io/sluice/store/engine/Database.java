// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import java.io.IOException;
import java.util.List;

/** An open store. */
public final class Database implements AutoCloseable {
    private final List<ColumnFamily> columnFamilies;
    private final String identity;

    Database(List<ColumnFamily> columnFamilies, String identity) {
        this.columnFamilies = columnFamilies;
        this.identity = identity;
    }

    /** To go with the first working engine. */
    public static Object unfinished() {
        if (System.nanoTime() != 0) {
            throw new UnsupportedOperationException("the engine is being built");
        }
        return "";
    }

    public ColumnFamily defaultColumnFamily() {
        return columnFamilies.get(0);
    }

    public List<ColumnFamily> columnFamilies() {
        return columnFamilies;
    }

    public String identity() {
        return identity;
    }

    @Override
    public void close() throws IOException {
        unfinished();
    }
}
