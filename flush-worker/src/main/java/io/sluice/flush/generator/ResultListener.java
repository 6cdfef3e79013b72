// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushMessage.Invite;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.StoreException;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The generator's port: workers bring outcomes to the open attempts, memnodes bring invitations. What names no open
 * attempt is late or forged: refused, counted, without effect. Safe for concurrent use.
 */
final class ResultListener implements AutoCloseable {
    private final Map<AttemptToken, AttemptChannel> channels = new ConcurrentHashMap<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final FlushCounters counters;
    private final Executor executor;
    private final Consumer<String> invitations;
    private final Listener listener;

    /** @param invitations takes the addresses of memnodes */
    ResultListener(
            Transport transport,
            InetSocketAddress address,
            Executor executor,
            FlushCounters counters,
            Consumer<String> invitations)
            throws TransportException {
        this.executor = executor;
        this.counters = counters;
        this.invitations = invitations;
        this.listener = transport.listen(address, this::onAccept);
    }

    InetSocketAddress address() {
        return listener.address();
    }

    /** Opens a channel; {@link #close(AttemptChannel)} it. */
    AttemptChannel open(AttemptToken token) {
        AttemptChannel channel = new AttemptChannel(token);
        channels.put(token, channel);
        return channel;
    }

    /** From now on the attempt's outcome is late. */
    void close(AttemptChannel channel) {
        channels.remove(channel.token());
        channel.close();
    }

    private void onAccept(Connection connection) {
        connections.add(connection);
        var unused = connection.closed().thenRun(() -> connections.remove(connection));
        MessageEndpoint.attach(connection, this::onMessage, executor);
    }

    private void onMessage(MessageEndpoint from, FlushMessage message, Reply reply) {
        if (message instanceof AttemptStarted m) {
            AttemptChannel channel = find(m.token(), reply);
            if (channel != null) {
                channel.onStarted(m.workerId(), from, reply);
            }
        } else if (message instanceof AttemptResult m) {
            AttemptChannel channel = findBegun(m.token(), from, reply);
            if (channel != null) {
                channel.complete(m.result());
                reply.send(new Ack());
            }
        } else if (message instanceof AttemptFailed m) {
            AttemptChannel channel = findBegun(m.token(), from, reply);
            if (channel != null) {
                channel.fail(new StoreException(m.kind(), m.code(), m.message()));
                reply.send(new Ack());
            }
        } else if (message instanceof Invite m) {
            invitations.accept(Addresses.format(
                    new InetSocketAddress(from.connection().peer().address().getAddress(), m.port())));
            reply.send(new Invited(Addresses.format(address())));
        } else {
            reply.refuse(RefusalReason.INVALID, message.getClass().getSimpleName() + " is not for a generator's port");
        }
    }

    private @Nullable AttemptChannel find(AttemptToken token, Reply reply) {
        return refuseUnknown(channels.get(token), reply);
    }

    private @Nullable AttemptChannel findBegun(AttemptToken token, MessageEndpoint from, Reply reply) {
        AttemptChannel channel = channels.get(token);
        return refuseUnknown(channel != null && channel.isBuiltBy(from) ? channel : null, reply);
    }

    private @Nullable AttemptChannel refuseUnknown(@Nullable AttemptChannel channel, Reply reply) {
        if (channel == null) {
            counters.late();
            reply.refuse(RefusalReason.UNKNOWN, "no such attempt is open");
        }
        return channel;
    }

    @Override
    public void close() {
        listener.close();
        connections.forEach(Connection::close);
    }
}
