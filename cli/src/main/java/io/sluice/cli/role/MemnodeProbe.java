// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.config.HostPort;
import io.sluice.transport.Connection;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Dials memnodes once before a role starts. What time may heal, such as a memnode that is not up yet, is left to the
 * role; what it can't, such as a wrong secret, is told at once.
 */
final class MemnodeProbe {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private MemnodeProbe() {}

    /** Fails where a memnode answers that the secret, the cluster or the version is wrong. */
    static void refuseWrongSecret(Transport transport, List<HostPort> memnodes)
            throws CommandFailure, InterruptedException {
        for (HostPort memnode : memnodes) {
            TransportException failure = dial(transport, memnode);
            if (failure != null && isLasting(failure.kind())) {
                throw failure(memnode, failure);
            }
        }
    }

    /** As {@link #refuseWrongSecret}, and fails where no memnode at all can be reached. */
    static void requireOne(Transport transport, List<HostPort> memnodes) throws CommandFailure, InterruptedException {
        List<CommandFailure> failures = new ArrayList<>();
        for (HostPort memnode : memnodes) {
            TransportException failure = dial(transport, memnode);
            if (failure != null) {
                failures.add(failure(memnode, failure));
                if (isLasting(failure.kind())) {
                    throw failures.get(failures.size() - 1);
                }
            }
        }
        if (!memnodes.isEmpty() && failures.size() == memnodes.size()) {
            throw failures.get(0);
        }
    }

    private static boolean isLasting(Kind kind) {
        return kind == Kind.AUTHENTICATION || kind == Kind.VERSION_MISMATCH || kind == Kind.PROTOCOL;
    }

    private static CommandFailure failure(HostPort memnode, TransportException e) {
        String remedy = switch (e.kind()) {
            case AUTHENTICATION -> "; give both sides the same --secret-file and --cluster";
            case CONNECT_FAILED, TIMED_OUT -> "; is it running, and is that its address?";
            default -> "";
        };
        return new CommandFailure("memnode " + memnode + ": " + e.getMessage() + remedy, e);
    }

    private static @Nullable TransportException dial(Transport transport, HostPort memnode)
            throws InterruptedException {
        try {
            Connection connection = transport.connect(memnode.resolve(), LIMIT).get();
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
