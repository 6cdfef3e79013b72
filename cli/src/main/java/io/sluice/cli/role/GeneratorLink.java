// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.OpenResources;
import io.sluice.cli.config.HostPort;
import io.sluice.flush.generator.RegionMemoryPool;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.store.memory.MemoryPool;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** A command as a generator: memory for memtables that can be shipped, and the way to a memnode. Closed by its opener. */
public final class GeneratorLink implements AutoCloseable {
    private final OpenResources resources;
    private final MemoryPool memory;
    private final RemoteFlush remoteFlush;

    private GeneratorLink(OpenResources resources, MemoryPool memory, RemoteFlush remoteFlush) {
        this.resources = resources;
        this.memory = memory;
        this.remoteFlush = remoteFlush;
    }

    /**
     * Opens the way, once the memnode answers.
     *
     * @param listen where memnode and workers reach this process
     * @param secretFile the cluster's, or null where all is on loopback
     * @param tls for certificates of the role {@code generator} and the command's name
     * @param memoryLength bytes for memtables, taken from the system at once
     */
    public static GeneratorLink open(
            CommandSpec command,
            HostPort memnode,
            HostPort listen,
            @Nullable Path secretFile,
            TlsOptions tls,
            long memoryLength,
            Duration connectTimeout)
            throws Exception {
        OpenResources resources = new OpenResources();
        boolean opened = false;
        try {
            RegionPool pool = resources.add(Pools.regions(memoryLength));
            RemoteFlush remote = dial(
                    resources,
                    ClusterOptions.of(secretFile, tls)
                            .context(command, PeerRights.GENERATOR, command.name(), List.of(memnode, listen), pool),
                    RemoteFlushSettings.of(listen.resolve(), List.of(memnode.toString())),
                    List.of(memnode),
                    connectTimeout);
            opened = true;
            return new GeneratorLink(resources, new RegionMemoryPool(pool), remote);
        } finally {
            if (!opened) {
                resources.close();
            }
        }
    }

    /** The way to the memnodes, once one of them answers; {@code resources} owns it. */
    static RemoteFlush dial(
            OpenResources resources,
            TransportContext context,
            RemoteFlushSettings settings,
            List<HostPort> memnodes,
            Duration connectTimeout)
            throws Exception {
        Transport transport = resources.add(ClusterOptions.open(context));
        RemoteFlush remote = resources.add(RemoteFlush.start(settings, transport, System::nanoTime));
        MemnodeProbe.awaitOne(remote, memnodes, connectTimeout);
        return remote;
    }

    /** Where memtables lie. */
    public MemoryPool memory() {
        return memory;
    }

    /** Ships them. */
    public RemoteFlush remoteFlush() {
        return remoteFlush;
    }

    @Override
    public void close() throws Exception {
        resources.close();
    }
}
