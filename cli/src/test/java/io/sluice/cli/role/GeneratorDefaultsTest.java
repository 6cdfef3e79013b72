// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.Main;
import io.sluice.cli.config.ByteSize;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

/** The sizes of the system that the generator takes the place of. */
class GeneratorDefaultsTest {
    @Test
    @Tag("A6")
    void shouldBufferAsTheOldSystemDid() {
        assertThat(defaultOf("--write-buffer-size")).isEqualTo(new ByteSize(64 << 20));
        assertThat(defaultOf("--max-write-buffer-number")).isEqualTo(4);
        assertThat(defaultOf("--delayed-write-rate")).isEqualTo(new ByteSize(100 << 20));
    }

    private static Object defaultOf(String option) {
        CommandSpec generator =
                Main.commandLine().getSubcommands().get("generator").getCommandSpec();
        return generator.findOption(option).getValue();
    }
}
