// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.config.HostPort;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.UnreachableException;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.transport.Connection;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for memnodes before a role begins its work. What time may heal, such as a memnode that is not up yet, is waited
 * for or left to the role; what it can't, such as a wrong secret, is told at once.
 */
final class MemnodeProbe {
    private static final Logger LOG = LoggerFactory.getLogger(MemnodeProbe.class);
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final long PATIENCE_MS = 200;

    private MemnodeProbe() {}

    /** Fails where a memnode answers that the secret, the cluster or the version is wrong. */
    static void refuseWrongSecret(Transport transport, List<HostPort> memnodes)
            throws CommandFailure, InterruptedException {
        for (HostPort memnode : memnodes) {
            TransportException failure = dial(transport, memnode);
            if (failure != null && UnreachableException.isLasting(failure)) {
                throw failure(memnode.toString(), failure);
            }
        }
    }

    /** Fails as {@link #refuseWrongSecret} does, or where no memnode at all can be reached within the limit. */
    static void awaitOne(RemoteFlush remote, List<HostPort> memnodes, Duration limit)
            throws CommandFailure, InterruptedException {
        CompletableFuture<String> reached = remote.reachMemnode(limit);
        try {
            reached.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.info("waiting for one of {}", memnodes);
            awaitUntold(reached);
        } catch (ExecutionException e) {
            throw failure(e);
        }
    }

    private static void awaitUntold(CompletableFuture<String> reached) throws CommandFailure, InterruptedException {
        try {
            reached.get();
        } catch (ExecutionException e) {
            throw failure(e);
        }
    }

    private static CommandFailure failure(ExecutionException e) {
        return e.getCause() instanceof UnreachableException unreachable
                ? failure(unreachable.address(), unreachable.failure())
                : new CommandFailure("memnodes can't be reached: " + e.getCause(), e.getCause());
    }

    private static CommandFailure failure(String memnode, TransportException e) {
        String remedy = switch (e.kind()) {
            case AUTHENTICATION ->
                e.code().contains(".tls.")
                        ? "; see \"Certificates\" in docs/deploy.md"
                        : "; give both sides the same --secret-file and --cluster";
            case CONNECT_FAILED, TIMED_OUT -> "; is it running, and is that its address?";
            default -> "";
        };
        return new CommandFailure("memnode " + memnode + ": " + e.getMessage() + remedy, e);
    }

    private static @Nullable TransportException dial(Transport transport, HostPort memnode)
            throws InterruptedException {
        try {
            Connection connection = transport
                    .connect(memnode.resolve(), PeerRights.memnode(LIMIT))
                    .get();
            connection.close();
            return null;
        } catch (ExecutionException e) {
            return e.getCause() instanceof TransportException failure
                    ? failure
                    : new TransportException(
                            Kind.CONNECT_FAILED, "cli.memnode", String.valueOf(e.getCause()), e.getCause());
        }
    }
}
