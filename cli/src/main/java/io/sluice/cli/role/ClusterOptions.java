// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.HostPort;
import io.sluice.config.SecretFile;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.rdma.RdmaTransport;
import io.sluice.transport.tcp.TcpTransport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a role proves that it belongs to the cluster. */
final class ClusterOptions {
    /** Known to everyone: on loopback, whoever can connect is on this machine anyway. */
    private static final String LOOPBACK_SECRET = "sluice on loopback, no secret";

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description =
                    "The cluster's shared secret: a file of mode 0600 with at least 16 bytes. Needed as soon as an"
                            + " address is not this machine's loopback.")
    private @Nullable Path secretFile;

    @Option(names = "--cluster", paramLabel = "NAME", description = "The cluster's name; ${DEFAULT-VALUE}.")
    private String cluster = "sluice";

    @Mixin
    private RdmaOptions rdma = new RdmaOptions();

    @Mixin
    private TlsOptions tls = new TlsOptions();

    @Option(names = "--with-parent", hidden = true)
    private boolean withParent;

    /** With the secret of a file, or the one known to everyone; the cluster's name is the usual one. */
    static ClusterOptions of(@Nullable Path secretFile, TlsOptions tls) {
        ClusterOptions options = new ClusterOptions();
        options.secretFile = secretFile;
        options.tls = tls;
        return options;
    }

    /** How the role encrypts. */
    TlsOptions tls() {
        return tls;
    }

    /** Whether the role ends with the process that holds its stdin. */
    boolean withParent() {
        return withParent;
    }

    /**
     * The transport's settings.
     *
     * @param addresses all that the role listens on or dials
     */
    TransportContext context(CommandSpec command, String role, String name, List<HostPort> addresses, RegionPool pool)
            throws CommandFailure, TransportException {
        return context(command, role, name, addresses, pool, PeerRights.ofClient(rdma.settings(command)));
    }

    /** As {@link #context}, of a memnode. */
    TransportContext memnodeContext(
            CommandSpec command, String name, List<HostPort> addresses, RegionPool pool, List<String> tenants)
            throws CommandFailure, TransportException {
        RdmaSettings settings = PeerRights.ofMemnode(rdma.settings(command), tenants);
        return context(command, PeerRights.MEMNODE, name, addresses, pool, settings);
    }

    private TransportContext context(
            CommandSpec command,
            String role,
            String name,
            List<HostPort> addresses,
            RegionPool pool,
            RdmaSettings settings)
            throws CommandFailure, TransportException {
        byte[] secret;
        if (secretFile != null) {
            secret = SecretFile.read(secretFile);
        } else {
            for (HostPort address : addresses) {
                if (!address.isLoopback()) {
                    throw ConfigDefaults.error(
                            command,
                            "--secret-file",
                            "missing: " + address + " is not this machine's loopback, so a secret is needed; make one:"
                                    + " (umask 077; openssl rand -hex 32 > FILE)");
                }
            }
            secret = LOOPBACK_SECRET.getBytes(StandardCharsets.UTF_8);
        }
        TransportContext context = new TransportContext()
                .secret(secret)
                .clusterId(cluster)
                .role(role)
                .name(name)
                .regionPool(pool)
                .rdma(settings);
        tls.apply(command, context, addresses);
        return context.conclude();
    }

    /** Opens a transport with these settings. Nothing of RDMA is loaded where it is not wanted. */
    static Transport open(TransportContext context) throws TransportException {
        return context.rdma().policy() == Policy.OFF ? TcpTransport.open(context) : RdmaTransport.open(context);
    }
}
