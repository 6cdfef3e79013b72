// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.store.base.StoreException;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A generator's or worker's standing connection to one memnode: dials, registers, sends heartbeats, and begins again
 * when it is lost, so that the order in which processes start does not matter.
 *
 * <p>A heartbeat that is not answered in time ends the connection: a memnode that hangs counts as dead. Safe for
 * concurrent use; whoever made it closes it.
 *
 * <p>Invariant: at most one connection attempt or connection at a time; {@code session} is set exactly while that
 * connection is registered and alive.
 */
public final class MemnodeLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemnodeLink.class);

    private final String address;
    private final Transport transport;
    private final ScheduledExecutorService scheduler;
    private final Owner owner;
    private final LinkTimes times;
    private final NameLookup names;

    @GuardedBy("this")
    private @Nullable Connection connection;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private long backoffMillis;

    /** Completes with the session when the link is up; a new one once it was lost. */
    @GuardedBy("this")
    private CompletableFuture<Session> registered = new CompletableFuture<>();

    /** The last look-up of the address; a new one begins only when it has ended. Used by the scheduler's thread. */
    private @Nullable CompletableFuture<InetSocketAddress> lookup;

    private volatile @Nullable Session session;
    private volatile String lastFailure = "";

    /** How often and how long. */
    public record LinkTimes(Duration heartbeatInterval, Duration callTimeout, Duration maxBackoff) {}

    /** Whose link it is. Called on the scheduler's thread or the transport's agent; must be short. */
    public interface Owner {
        /** The message that registers it. */
        FlushMessage registration();

        /** Its load now; {@code memnode} tells whose assigned jobs to count. */
        Heartbeat heartbeat(MessageEndpoint memnode);

        /** Serves the memnode's requests on {@link ScheduledExecutorService the scheduler's} thread. */
        MessageEndpoint.Handler handler();

        /** The link is up, or down. */
        default void onChange(MemnodeLink link, boolean up) {}
    }

    /** A registered connection, with what the memnode last told of itself. */
    public static final class Session {
        private final MessageEndpoint endpoint;
        private final Registered registered;
        private volatile long free;
        private volatile int workers;

        private Session(MessageEndpoint endpoint, Registered registered) {
            this.endpoint = endpoint;
            this.registered = registered;
            this.free = registered.free();
        }

        /** For calls and one-sided operations. */
        public MessageEndpoint endpoint() {
            return endpoint;
        }

        /** Its name. */
        public String memnodeId() {
            return registered.memnodeId();
        }

        /** What its connection's data go by. */
        public ConnectionPath path() {
            return endpoint.connection().path();
        }

        /** Bytes that it lends in all. */
        public long capacity() {
            return registered.capacity();
        }

        /** Bytes that were free at the last heartbeat. */
        public long free() {
            return free;
        }

        /** Workers that were alive at the last heartbeat. */
        public int workers() {
            return workers;
        }

        /** The longest block that it lends. */
        public int maxBlockLength() {
            return registered.maxBlockLength();
        }
    }

    /** A link that is down until {@link #start}. The scheduler must outlive it. */
    public MemnodeLink(
            String address, Transport transport, ScheduledExecutorService scheduler, Owner owner, LinkTimes times) {
        this(address, transport, scheduler, owner, times, NameLookup.SYSTEM);
    }

    /** As above, with another look-up of names. */
    public MemnodeLink(
            String address,
            Transport transport,
            ScheduledExecutorService scheduler,
            Owner owner,
            LinkTimes times,
            NameLookup names) {
        this.names = names;
        this.address = address;
        this.transport = transport;
        this.scheduler = scheduler;
        this.owner = owner;
        this.times = times;
    }

    /** Begins to dial. */
    public void start() {
        submit(this::dial, 0);
    }

    /** Where the memnode is, {@code host:port}. */
    public String address() {
        return address;
    }

    /** The registered connection, or null while there is none. */
    public @Nullable Session session() {
        return session;
    }

    /**
     * Completes with the session when the link is up: at once where it is, else when it is registered next; exceptionally
     * with {@code CLOSED} when it is closed before. Stages may run on the scheduler's thread, and must be short.
     */
    public synchronized CompletableFuture<Session> registered() {
        return registered.copy();
    }

    /** Why it was last down; empty at first. */
    public String lastFailure() {
        return lastFailure;
    }

    private void dial() {
        synchronized (this) {
            if (closed || connection != null) {
                return;
            }
        }
        var unused = resolve()
                .thenCompose(target -> transport.connect(target, PeerRights.memnode(times.callTimeout())))
                .whenComplete((made, failure) -> {
                    if (failure != null) {
                        retry(failure);
                    } else {
                        register(made);
                    }
                });
    }

    private CompletableFuture<InetSocketAddress> resolve() {
        CompletableFuture<InetSocketAddress> last = lookup;
        CompletableFuture<InetSocketAddress> current = last == null || last.isDone() ? names.start(address) : last;
        lookup = current;
        return Addresses.within(times.callTimeout(), address, current);
    }

    private void register(Connection made) {
        synchronized (this) {
            if (closed) {
                made.close();
                return;
            }
            connection = made;
        }
        MessageEndpoint endpoint = MessageEndpoint.attach(made, owner.handler(), scheduler);
        var unusedEnd = made.closed().thenRun(() -> onEnd(made));
        var unused = endpoint.call(owner.registration(), Registered.class, times.callTimeout())
                .whenComplete((answer, failure) -> {
                    if (failure != null) {
                        refused(Abort.asIo(failure));
                        made.close();
                    } else {
                        onRegistered(made, new Session(endpoint, answer));
                    }
                });
    }

    /** Says once why it is not let in: that will not pass by itself, as a memnode that is not up yet does. */
    private void refused(IOException failure) {
        String why = String.valueOf(failure.getMessage());
        if (!why.equals(lastFailure)) {
            LOG.warn("memnode {} did not register this process: {}", address, why);
        }
        lastFailure = why;
    }

    private void onRegistered(Connection made, Session current) {
        CompletableFuture<Session> waiting;
        synchronized (this) {
            if (closed || connection != made) {
                return;
            }
            backoffMillis = 0;
            lastFailure = "";
            session = current;
            waiting = registered;
        }
        LOG.info("registered at memnode {} ({}), data go by {}", current.memnodeId(), address, current.path());
        owner.onChange(this, true);
        waiting.complete(current);
        beat(current);
    }

    private void beat(Session current) {
        if (session != current) {
            return;
        }
        var unused = current.endpoint()
                .call(owner.heartbeat(current.endpoint()), HeartbeatAck.class, times.callTimeout())
                .whenComplete((ack, failure) -> {
                    if (failure != null) {
                        lastFailure = "no answer to a heartbeat: " + failure.getMessage();
                        current.endpoint().connection().close();
                        onEnd(current.endpoint().connection());
                        return;
                    }
                    current.free = ack.free();
                    current.workers = ack.workers();
                    submit(() -> beat(current), times.heartbeatInterval().toMillis());
                });
    }

    private void onEnd(Connection ended) {
        boolean wasUp;
        synchronized (this) {
            if (connection != ended) {
                return;
            }
            connection = null;
            wasUp = session != null;
            session = null;
            if (wasUp && !closed) {
                registered = new CompletableFuture<>();
            }
        }
        if (wasUp) {
            LOG.warn("lost memnode {}: {}", address, lastFailure.isEmpty() ? "connection ended" : lastFailure);
            owner.onChange(this, false);
        }
        retry(null);
    }

    private void retry(@Nullable Throwable failure) {
        if (failure != null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            String why = String.valueOf(cause.getMessage());
            if (isRdmaRequired(cause) && !why.equals(lastFailure)) {
                LOG.warn("memnode {} not reached: {}", address, why);
            } else {
                LOG.debug("memnode {} not reached: {}", address, why);
            }
            lastFailure = why;
        }
        long delay;
        synchronized (this) {
            if (closed) {
                return;
            }
            backoffMillis =
                    Math.min(Math.max(50, backoffMillis * 2), times.maxBackoff().toMillis());
            delay = backoffMillis;
        }
        submit(this::dial, delay);
    }

    /** A memnode that is up may still come to have RDMA; until then somebody should know. */
    private static boolean isRdmaRequired(Throwable failure) {
        return failure instanceof TransportException e && e.code().equals("transport.rdma.required");
    }

    private void submit(Runnable task, long delayMillis) {
        try {
            var unused = scheduler.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("link to {} ends with its scheduler", address);
        }
    }

    /** Ends the link for good. Does not wait. */
    @Override
    public void close() {
        Connection open;
        CompletableFuture<Session> waiting;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = connection;
            session = null;
            registered = registered.isDone() ? new CompletableFuture<>() : registered;
            waiting = registered;
        }
        waiting.completeExceptionally(new StoreException(
                StoreException.Kind.CLOSED, "flush.memnode.closed", "the link to memnode " + address + " was closed"));
        if (open != null) {
            open.close();
        }
    }
}
