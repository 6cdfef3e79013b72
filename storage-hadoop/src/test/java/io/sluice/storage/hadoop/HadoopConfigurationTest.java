// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HadoopConfigurationTest {
    @Test
    void shouldNotLetHadoopCloseAStorageWhileTheJvmStillEndsInOrder() throws Exception {
        Map<String, String> settings = Map.of("fs.automatic.close", "true");
        assertThat(HadoopConfiguration.load(settings).getBoolean("fs.automatic.close", true))
                .isFalse();
    }
}
