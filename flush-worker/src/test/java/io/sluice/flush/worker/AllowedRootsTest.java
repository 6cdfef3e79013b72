// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedRootsTest {
    private final AllowedRoots roots = new AllowedRoots(List.of("file:///data/stores", "hdfs://name:9000/sluice/"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///data/stores",
                "file:/data/stores/a",
                "/data/stores/a/b",
                "file:///data/other/../stores/a",
                "hdfs://name:9000/sluice/a"
            })
    void shouldAllowWhatIsBelow(String uri) {
        assertThatCode(() -> roots.check(uri)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///data/stores10",
                "file:///data/stores/../secret",
                "file:///data",
                "/data/stores/../../etc",
                "hdfs://other:9000/sluice/a",
                "hdfs://name:9000/sluices",
                "hdfs:///sluice/a",
                "no uri at all",
                "file:///../data/stores"
            })
    void shouldRefuseWhatIsNot(String uri) {
        assertThatThrownBy(() -> roots.check(uri)).isInstanceOf(StoreException.class);
    }

    @Test
    void shouldAllowAnythingWhereNoRootIsGiven() {
        assertThatCode(() -> new AllowedRoots(List.of()).check("file:///anywhere"))
                .doesNotThrowAnyException();
    }
}
