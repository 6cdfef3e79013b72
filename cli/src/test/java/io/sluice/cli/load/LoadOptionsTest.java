// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LoadOptionsTest {
    private static final int MIB = 1 << 20;

    @Test
    @Tag("A6")
    void shouldHaveTheOldSystemsBuffersAndRateInTheGenerator() {
        LoadOptions options = new LoadOptions();
        assertThat(options.columnFamilyOptions(true, false).writeBufferSize()).isEqualTo(64 * MIB);
        assertBuffersAndRate(options);
    }

    /** Its write buffers are smaller, for the reasons in docs/decisions/0004-demo-sizes.md. */
    @Test
    @Tag("A6")
    void shouldHaveThemInTheDemoButForSmallerBuffers() {
        LoadOptions options = LoadOptions.forDemo();
        assertThat(options.columnFamilyOptions(true, false).writeBufferSize()).isEqualTo(4 * MIB);
        assertBuffersAndRate(options);
    }

    private static void assertBuffersAndRate(LoadOptions options) {
        ColumnFamilyOptions columnFamily = options.columnFamilyOptions(true, false);
        assertThat(columnFamily.maxWriteBufferNumber()).isEqualTo(4);
        assertThat(columnFamily.disableAutoCompactions()).isTrue();
        assertThat(options.delayedWriteRate()).isEqualTo(100L * MIB);
    }

    @Test
    @Tag("A6")
    void shouldLeaveTheOptionsOwnDefaultsToBeRocksDbs() {
        assertThat(ColumnFamilyOptions.DEFAULT.writeBufferSize()).isEqualTo(64 * MIB);
        assertThat(ColumnFamilyOptions.DEFAULT.maxWriteBufferNumber()).isEqualTo(2);
        assertThat(DBOptions.DEFAULT.delayedWriteRate()).isEqualTo(16L * MIB);
    }
}
