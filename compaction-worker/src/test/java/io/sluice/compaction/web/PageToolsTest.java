// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageToolsTest {
    @ParameterizedTest
    @CsvSource({
        "'', '''none'''",
        "https://db.example:2011, https://db.example:2011",
        "http://127.0.0.1:2011, http://127.0.0.1:2011",
        "example.com:2011, example.com:2011",
        "example.com, example.com:* *.example.com:*",
        "127.0.0.1, 127.0.0.1:*",
        "localhost, localhost:*"
    })
    void shouldTurnAWebDomainIntoFrameAncestors(String domain, String ancestors) {
        assertThat(WebDomain.parse(domain).ancestors()).isEqualTo(ancestors);
        assertThat(PageHeaders.of(WebDomain.parse(domain)).get("Content-Security-Policy"))
                .contains("default-src 'none'")
                .doesNotContain("unsafe")
                .endsWith("frame-ancestors " + ancestors);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "a b", "a;b", "a'", "https://", "https://a/b", "http://a,b", "-a", "ftp://a", "a\nb"})
    void shouldRefuseWhatIsNoWebDomain(String domain) {
        assertThatThrownBy(() -> WebDomain.parse(domain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("example.com");
    }

    @Test
    void shouldKnowItsOwnFormsOnly() {
        FormToken forms = new FormToken(new SecureRandom());
        assertThat(forms.matches("stop a", forms.of("stop a"))).isTrue();
        assertThat(forms.matches("stop a", forms.of("stop b"))).isFalse();
        assertThat(forms.matches("stop a", "")).isFalse();
        assertThat(new FormToken(new SecureRandom()).matches("stop a", forms.of("stop a")))
                .as("of another process")
                .isFalse();
    }

    @Test
    void shouldShowQuantities() {
        assertThat(List.of(Units.size(0), Units.size(1023), Units.size(1536), Units.size(123L << 20)))
                .containsExactly("0 B", "1023 B", "1.50 KiB", "123.0 MiB");
        assertThat(Units.size(Long.MAX_VALUE)).isEqualTo("8.00 EiB");
        assertThat(List.of(Units.span(0), Units.span(4200), Units.span(125_000), Units.span(3_905_000)))
                .containsExactly("0 ms", "4.2 s", "2 min 05 s", "1 h 05 min");
        assertThat(Units.span(50L * 3_600_000)).isEqualTo("2 d 2 h");
        assertThat(Units.time(0)).isEqualTo("1970-01-01 00:00:00 UTC");
        assertThat(List.of(Units.share(1, 2), Units.share(0, 0))).containsExactly("50.0 %", "100.0 %");
        assertThat(Units.count(1234567)).isEqualTo("1,234,567");
    }

    @Test
    void shouldShowBytesAsText() {
        assertThat(Printable.bytes("key\\1\u00e4".getBytes(UTF_8), 10)).isEqualTo("key\\x5C1\\xC3\\xA4");
        assertThat(Printable.bytes("abcdef".getBytes(UTF_8), 3)).isEqualTo("abc...");
        assertThat(Printable.line("a\nb\tc\u0007\u202e", 10)).isEqualTo("a b c\ufffd\ufffd");
        assertThat(Printable.line("abcdef", 3)).isEqualTo("abc...");
    }

    @Test
    void shouldWriteFiguresAsJsonAndAsMetrics() {
        List<FigureGroup> groups = List.of(new FigureGroup(
                "jobs",
                "Jobs",
                List.of(
                        Figure.gauge("running", Figure.Unit.COUNT, "Running", "Under \"way\" \\ now.", 3),
                        Figure.counter("read_bytes", Figure.Unit.BYTES, "Read", "Bytes.", 5e9),
                        Figure.counter("cpu_seconds", Figure.Unit.SECONDS, "CPU", "Time.", 1.25))));
        assertThat(new String(Json.write(Json.figures(groups)), UTF_8))
                .isEqualTo("{\"jobs\":{\"running\":3,\"read_bytes\":5000000000,\"cpu_seconds\":1.25}}");
        assertThat(Metrics.mediaType()).startsWith("text/plain; version=0.0.4");
        String text = new String(Metrics.write("x_", "w\"1\\", "h\n", "0.1", groups), UTF_8);
        assertThat(text.lines())
                .containsExactlyInAnyOrder(
                        "# HELP x_info Who tells this.",
                        "# TYPE x_info gauge",
                        "x_info{host=\"h\\n\",release=\"0.1\",worker=\"w\\\"1\\\\\"} 1",
                        "# HELP x_running Under \"way\" \\\\ now.",
                        "# TYPE x_running gauge",
                        "x_running 3.0",
                        "# HELP x_read_bytes_total Bytes.",
                        "# TYPE x_read_bytes_total counter",
                        "x_read_bytes_total 5.0E9",
                        "# HELP x_cpu_seconds_total Time.",
                        "# TYPE x_cpu_seconds_total counter",
                        "x_cpu_seconds_total 1.25");
        assertThatThrownBy(() -> Figure.gauge("Bad Name", Figure.Unit.COUNT, "", "", 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
