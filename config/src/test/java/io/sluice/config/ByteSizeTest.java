// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({"0,0", "17,17", "64MiB,67108864", "64M,67108864", "2 GiB,2147483648", "1KiB,1024", "1T,1099511627776"})
    void shouldReadBinaryUnits(String text, long bytes) {
        assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "-1", "64MB", "1.5G", "99999999999999999999", "9999999999T", "9223372036854775808"})
    void shouldRefuseWhatIsNoSize(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldShowWhatItReads() {
        for (long bytes : new long[] {0, 1, 1023, 1024, 1536, 67108864, 3L << 40, Long.MAX_VALUE}) {
            assertThat(ByteSize.parse(new ByteSize(bytes).toString()).bytes()).isEqualTo(bytes);
        }
        assertThat(new ByteSize(67108864)).hasToString("64MiB");
        assertThat(ByteSize.approximate(1536)).isEqualTo("1.5 KiB");
    }
}
