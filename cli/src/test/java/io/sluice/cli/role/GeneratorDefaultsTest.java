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
        CommandSpec generator =
                Main.commandLine().getSubcommands().get("generator").getCommandSpec();
        assertThat(generator.findOption("--write-buffer-size").getValue()).isEqualTo(new ByteSize(64 << 20));
        assertThat(generator.findOption("--max-write-buffer-number").getValue()).isEqualTo(4);
        assertThat(generator.findOption("--delayed-write-rate").getValue()).isEqualTo(new ByteSize(100 << 20));
    }
}
