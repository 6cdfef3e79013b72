// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.cli.Main;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What a role is told of RDMA, by flags and by files. */
class RdmaOptionsTest {
    @TempDir
    private Path directory;

    private static RdmaSettings settings(String... options) {
        List<String> args = new ArrayList<>(List.of("memnode"));
        args.addAll(List.of(options));
        CommandLine root = Main.commandLine();
        ConfigDefaults.install(root, args);
        root.parseArgs(args.toArray(String[]::new));
        CommandSpec command =
                Objects.requireNonNull(root.getSubcommands().get("memnode")).getCommandSpec();
        CommandSpec cluster = Objects.requireNonNull(command.mixins().get("cluster"));
        CommandSpec rdma = Objects.requireNonNull(cluster.mixins().get("rdma"));
        return ((RdmaOptions) rdma.userObject()).settings(command);
    }

    private String config(String params) throws IOException {
        Path file = directory.resolve("cluster.yaml");
        Files.writeString(file, "Memnode:\n  m1:\n    class: Memnode\n    params: {" + params + "}\n");
        return "--config=" + file;
    }

    @Test
    void shouldHaveNoRdmaUnlessToldSo() throws IOException {
        assertThat(settings().policy()).isEqualTo(Policy.OFF);
        assertThat(settings(config("rdma: off")).policy()).isEqualTo(Policy.OFF);
        assertThat(settings("--rdma-fabric-trusted").policy()).isEqualTo(Policy.OFF);
    }

    @Test
    void shouldTakeItFromFlagsAndFiles() throws IOException {
        RdmaSettings flags =
                settings("--rdma=require", "--rdma-fabric-trusted", "--rdma-address=10.9.0.1", "--rdma-connections=7");
        assertThat(flags.policy()).isEqualTo(Policy.REQUIRE);
        assertThat(flags.fabricTrusted()).isTrue();
        assertThat(flags.address()).isEqualTo(InetAddress.getByName("10.9.0.1"));
        assertThat(flags.connections()).isEqualTo(7);

        String file = config("rdma: prefer, rdma_fabric_trusted: true, rdma_connections: 100");
        assertThat(settings(file).policy()).isEqualTo(Policy.PREFER);
        assertThat(settings(file).address()).isNull();
        assertThat(settings(file).connections()).isEqualTo(100);
        assertThat(settings(file, "--rdma=require").policy()).isEqualTo(Policy.REQUIRE);
        assertThat(settings(file, "--rdma", "off").policy()).isEqualTo(Policy.OFF);
    }

    @Test
    void shouldRefuseItWhereTheFabricIsNotTrusted() throws IOException {
        assertThatThrownBy(() -> settings("--rdma=prefer"))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("--rdma-fabric-trusted");
        String file = config("rdma: require, rdma_fabric_trusted: false");
        assertThatThrownBy(() -> settings(file))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("rdma_fabric_trusted")
                .hasMessageContaining("cluster.yaml");
    }

    @ParameterizedTest
    @CsvSource({
        "--rdma=maybe, --rdma",
        "--rdma-connections=0, --rdma-connections",
        "--rdma-connections=4097, --rdma-connections",
        "--rdma-address=host.example, --rdma-address",
        "--rdma-address=::1, --rdma-address"
    })
    void shouldRefuseWhatMakesNoSense(String option, String named) {
        assertThatThrownBy(() -> settings("--rdma=prefer", "--rdma-fabric-trusted", option))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining(named);
    }
}
