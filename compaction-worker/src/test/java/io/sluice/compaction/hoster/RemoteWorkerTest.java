// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteWorkerTest {
    @Tag("B6")
    @ParameterizedTest
    @CsvSource({
        // url, base_url, web_url | url, base_url, web_url
        "http://h:1,,,http://h:1/dcompact,http://h:1,http://h:1",
        "http://h:1/,,,http://h:1/dcompact,http://h:1,http://h:1",
        "http://h:1/dcompact,,,http://h:1/dcompact,http://h:1,http://h:1",
        "http://h:1/dcompact/,,,http://h:1/dcompact,http://h:1,http://h:1",
        "https://h/pool/dcompact,,,https://h/pool/dcompact,https://h/pool,https://h/pool",
        ",http://h:1,,http://h:1/dcompact,http://h:1,http://h:1",
        ",http://h:1/pool/,https://w,http://h:1/pool/dcompact,http://h:1/pool,https://w",
        "http://submit,http://probe,,http://submit/dcompact,http://probe,http://probe",
        "http://submit/dcompact,http://probe/x,https://w/y,http://submit/dcompact,http://probe/x,https://w/y"
    })
    void shouldDeriveUrlsFromEachOther(
            String url, String baseUrl, String webUrl, String submit, String base, String web) {
        RemoteWorker worker = RemoteWorker.of(given(url), given(baseUrl), given(webUrl), 100);
        assertThat(worker.url()).hasToString(submit);
        assertThat(worker.baseUrl()).hasToString(base);
        assertThat(worker.webUrl()).hasToString(web);
        assertThat(worker.request("/probe?token=t")).hasToString(base + "/probe?token=t");
    }

    @ParameterizedTest
    @CsvSource({
        "http://lb:80,http://10.0.0.7:8080,http://10.0.0.7:8080",
        "http://lb:80,https://w1/,https://w1",
        "https://lb,https://w1/pool/,https://w1/pool",
        "http://127.0.0.1:1,http://127.0.0.1:2,http://127.0.0.1:2",
        // the same place, no URL, without TLS, on this machine
        "http://lb:80,http://lb:80/,",
        "http://lb:80,w1:8080,",
        "http://lb:80,ftp://w1,",
        "http://lb:80,http://u:p@w1,",
        "https://lb,http://w1,",
        "http://lb:80,http://127.0.0.1:8080,",
        "http://lb:80,http://localhost:8080,",
        "http://lb:80,http://0.0.0.0:8080,",
        "http://lb:80,http://[::1]:8080,",
        "http://lb:80,http://[::]:8080,",
        "http://lb:80,http://[0:0:0:0:0:0:0:1]:8080,",
        "http://lb:80,http://[::ffff:127.0.0.1]:8080,"
    })
    void shouldBeLedOnlyWhereNobodyIsHarmed(String proxy, String address, @Nullable String direct) {
        RemoteWorker worker = RemoteWorker.of(proxy);
        RemoteWorker there = worker.at(address);
        if (direct == null) {
            assertThat(there).isNull();
        } else {
            assertThat(Objects.requireNonNull(there).request("/wait?token=t")).hasToString(direct + "/wait?token=t");
            assertThat(there.url()).isEqualTo(worker.url());
        }
    }

    private static String given(String text) {
        return text == null ? "" : text;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "h:1",
                "ftp://h",
                "http://",
                "http:///x",
                "http://h:99999",
                "http://h/a b",
                "http://u:p@h",
                "http://h?a=b",
                "http://h#a"
            })
    void shouldRefuseWhatIsNoPlainUrl(String url) {
        assertThatThrownBy(() -> RemoteWorker.of(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a URL")
                .message()
                .doesNotContain("u:p");
    }
}
