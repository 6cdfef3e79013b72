// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HosterRootTest {
    @ParameterizedTest
    @CsvSource({
        "/db1,file:///db1",
        "/db1,file:///db1/",
        "/db1,file:///db1/x/y",
        "/a/b,hdfs://namenode:8020/a/b/c",
        "/,file:///db1"
    })
    void shouldTakeWhatLiesBelow(String root, String uri) {
        assertThatCode(() -> HosterRoot.expectBelow(HosterRoot.check(root), uri))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"/db1,file:///db10", "/db1,file:///db", "/a/b,file:///a", "/a/b,file:///a/bc/d", "/db1,mem:x"})
    void shouldCompareWholeComponents(String root, String uri) {
        assertThatThrownBy(() -> HosterRoot.expectBelow(HosterRoot.check(root), uri))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(uri)
                .hasMessageContaining("[compaction.remote.hoster-root]");
    }
}
