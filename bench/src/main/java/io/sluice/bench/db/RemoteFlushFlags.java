// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.cli.role.TlsOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flags of a remote flush, which db_bench has in the system that Sluice replaces. */
final class RemoteFlushFlags {
    @Option(
            names = "--use_remote_flush",
            arity = "0..1",
            fallbackValue = "1",
            converter = GflagsBoolean.class,
            description = "Flush on workers: a memnode and workers must be up.")
    boolean useRemoteFlush;

    @Option(names = "--memnode_ip", description = "The memnode's address.")
    String memnodeIp = "127.0.0.1";

    @Option(names = "--memnode_port", description = "The memnode's port.")
    int memnodePort = 9091;

    @Option(names = "--local_ip", description = "Where memnode and workers reach this process.")
    String localIp = "127.0.0.1";

    @Option(names = "--heartbeat_local_port", description = "The port there.")
    int heartbeatLocalPort = 10089;

    @Option(
            names = {"--secret_file", "--secret-file"},
            paramLabel = "FILE",
            description = "The cluster's secret, as for the roles.")
    @Nullable
    Path secretFile;

    @Mixin
    TlsOptions tls = new TlsOptions();
}
