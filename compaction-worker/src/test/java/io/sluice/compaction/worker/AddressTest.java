// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @CsvSource({
        "http://10.0.0.7:8080,10_0_0_7_8080",
        "https://w1.pool.example,w1_pool_example_443",
        "http://w1/behind/a/path,w1_80",
        "https://[fd00::7]:8080,fd00__7_8080"
    })
    void shouldTellAProxyHostAndPort(String url, String route) {
        Address.check(url);
        assertThat(Address.route(url)).isEqualTo(route);
    }

    @Test
    void shouldFitIntoAToken() {
        String route = Address.route("http://" + "a".repeat(60) + "." + "b".repeat(60) + ".example:8080");
        assertThat(route).hasSize(95).endsWith("_example_8080");
    }

    @Test
    void shouldNameTheMachineWhereAWorkerListensOnAllAddresses() throws UnknownHostException {
        assertThat(Address.of(new InetSocketAddress(0), 8080, "w1", true)).isEqualTo("https://w1:8080");
        assertThat(Address.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8080, "w1", false))
                .isEqualTo("http://127.0.0.1:8080");
        byte[] loopback = new byte[16];
        loopback[15] = 1;
        assertThat(Address.of(new InetSocketAddress(InetAddress.getByAddress(loopback), 0), 8080, "w1", false))
                .isEqualTo("http://[0:0:0:0:0:0:0:1]:8080");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"w1:8080", "ftp://w1", "http://", "http://w1:99999", "http://u:p@w1", "http://w1?a", "http://w 1"
            })
    void shouldRefuseWhatIsNoPlainUrl(String url) {
        assertThatThrownBy(() -> Address.check(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a URL")
                .message()
                .doesNotContain("u:p");
    }
}
