// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

/** Identities of tables, for tests. */
public final class TestIdentity {
    /** Built by the store itself. */
    public static final TableIdentity LOCAL = new TableIdentity(
            3,
            "orders",
            "db-identity",
            "0123456789ABCDEFGHIJ",
            "host-a",
            "local",
            7,
            1_700_000_000,
            1_700_000_001,
            1_700_000_002);

    private TestIdentity() {}
}
