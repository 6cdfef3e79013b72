// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlTest {
    private static String body(Html html) {
        return html.toString().replace("<!DOCTYPE html>\n", "").replace("\n", "");
    }

    @Test
    @Tag("B55")
    void shouldEscapeTextAndAttributes() {
        Html html = new Html()
                .open("p", "title", "\"><script>alert(1)</script>")
                .text("<img src=x onerror=alert('1')> & \u0000\u202e\ud800")
                .close();
        assertThat(body(html))
                .isEqualTo("<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">"
                        + "&lt;img src=x onerror=alert(&#39;1&#39;)&gt; &amp; \ufffd\ufffd\ud800</p>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "javascript:alert(1)",
                "JaVaScRiPt:alert(1)",
                "data:text/html,x",
                " javascript:x",
                "vbscript:x",
                "a:b"
            })
    @Tag("B55")
    void shouldLinkToNothingThatRuns(String address) {
        assertThat(body(new Html().element("a", "x", "href", address))).isEqualTo("<a href=\"#\">x</a>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "./", "job?token=a:b", "http://w1:8080/stat", "HTTPS://w1/", "?a=1", "#top"})
    void shouldLinkToPages(String address) {
        assertThat(body(new Html().element("a", "x", "href", address))).isEqualTo("<a href=\"" + address + "\">x</a>");
    }

    @Test
    void shouldTakeNoScriptOrStyleInAttributes() {
        assertThatThrownBy(() -> new Html().open("p", "onclick", "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Html().open("p", "style", "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Html().open("p><b")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldNotGiveOutAPageThatIsNotClosed() {
        assertThatThrownBy(() -> new Html().open("p").toString()).isInstanceOf(IllegalStateException.class);
        assertThat(body(new Html().open("br"))).isEqualTo("<br>");
    }
}
