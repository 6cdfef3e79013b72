// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.Load;
import io.sluice.flush.placement.PlacementDriver;
import io.sluice.flush.placement.WorkerRegistry;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AddPeer;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.FlushMessage.RemoveWorker;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushMessage.WorkerStopping;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.Slice;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a memnode does about each message and timer. Everything here runs on the memnode's one control thread, so that no
 * state needs a lock; nothing here waits.
 */
final class MemnodeControl {
    private static final Logger LOG = LoggerFactory.getLogger(MemnodeControl.class);

    private final MemnodeSettings settings;
    private final Vault vault;
    private final LongSupplier nanoClock;
    private final WorkerRegistry registry;
    private final Counters counters = new Counters();
    private final Dispatcher dispatcher;
    private final Map<MessageEndpoint, Session> sessions = new HashMap<>();
    /** Generators without a connection, and when each is given up. */
    private final Map<Owner, Long> orphaned = new HashMap<>();

    private final Function<String, CompletableFuture<Invited>> inviter;
    private boolean stopping;

    /** @param inviter asks the process that listens at an address to register here */
    MemnodeControl(
            MemnodeSettings settings,
            Vault vault,
            LongSupplier nanoClock,
            Function<String, CompletableFuture<Invited>> inviter) {
        this.settings = settings;
        this.vault = vault;
        this.nanoClock = nanoClock;
        this.registry = new WorkerRegistry(nanoClock, settings.workerTimeout().toNanos());
        this.inviter = inviter;
        this.dispatcher = new Dispatcher(
                vault, new PlacementDriver(registry, settings.limits()), counters, nanoClock, settings.callTimeout());
    }

    void onMessage(MessageEndpoint from, FlushMessage message, Reply reply) {
        Session session = sessions.get(from);
        if (session == null) {
            if (from.connection().closed().isDone()) {
                // Its end may have been handled before: nobody would ever strike out what it registers or takes.
                reply.refuse(RefusalReason.NOT_REGISTERED, "the connection has ended");
                return;
            }
            session = new Session(from);
            sessions.put(from, session);
        }
        if (message instanceof RegisterGenerator m) {
            registerGenerator(session, new Owner(m.database(), m.epoch(), m.incarnation()), reply);
        } else if (message instanceof RegisterWorker m) {
            registerWorker(session, m, reply);
        } else if (message instanceof AddPeer m) {
            addPeer(m, reply);
        } else if (message instanceof RemoveWorker m) {
            removeWorker(m.workerId(), reply);
        } else if (session.generator != null) {
            onGenerator(session, session.generator, message, reply);
        } else if (session.worker != null) {
            onWorker(session, session.worker, message, reply);
        } else {
            reply.refuse(RefusalReason.NOT_REGISTERED, "register first");
        }
    }

    private void onGenerator(Session session, Owner owner, FlushMessage message, Reply reply) {
        if (dispatcher.generators().get(owner) != session) {
            // What it takes would not be given back at its end.
            reply.refuse(RefusalReason.NOT_REGISTERED, "another connection registered as " + owner);
        } else if (message instanceof Heartbeat) {
            reply.send(new HeartbeatAck(vault.free(part(session)), registry.aliveCount()));
        } else if (message instanceof Release m) {
            if (vault.release(owner, m.grantId())) {
                counters.add(Counters.GRANTS_RELEASED);
            }
            reply.send(new Ack());
        } else if (message instanceof CancelJob m) {
            dispatcher.cancel(owner, m.assignmentId());
            reply.send(new Ack());
        } else if (stopping) {
            reply.refuse(RefusalReason.STOPPING, "memnode " + settings.id() + " is stopping");
        } else if (message instanceof Allocate m) {
            allocate(session, owner, m, reply);
        } else if (message instanceof Place m) {
            dispatcher.place(owner, m, reply);
        } else if (message instanceof SubmitJob m) {
            dispatcher.submit(owner, m, reply);
        } else {
            reply.refuse(RefusalReason.INVALID, message.getClass().getSimpleName() + " is not a generator's");
        }
    }

    private void onWorker(Session session, String workerId, FlushMessage message, Reply reply) {
        if (dispatcher.workers().get(workerId) != session) {
            reply.refuse(RefusalReason.NOT_REGISTERED, "another connection registered as " + workerId);
        } else if (message instanceof Heartbeat m) {
            Load load = new Load(m.storageBytesPerSecond(), m.runningJobs());
            if (registry.heartbeat(workerId, load, m.assignedJobs())) {
                reply.send(new HeartbeatAck(vault.free(), registry.aliveCount()));
            } else {
                reply.refuse(RefusalReason.NOT_REGISTERED, workerId + " was silent too long");
            }
        } else if (message instanceof JobFinished m) {
            dispatcher.finished(session, m.assignmentId(), m.delivered());
            reply.send(new Ack());
        } else if (message instanceof WorkerStopping) {
            LOG.info("worker {} stops: it gets no new job", workerId);
            registry.leave(workerId);
            reply.send(new Ack());
        } else {
            reply.refuse(RefusalReason.INVALID, message.getClass().getSimpleName() + " is not a worker's");
        }
    }

    private static boolean isOf(String role, Session session, Reply reply) {
        PeerIdentity peer = session.endpoint.connection().peer();
        if (peer.role().equals(role)) {
            return true;
        }
        reply.refuse(RefusalReason.INVALID, peer + " can't register as a " + role);
        return false;
    }

    private void registerGenerator(Session session, Owner owner, Reply reply) {
        if (!isOf(PeerRights.GENERATOR, session, reply)) {
            return;
        }
        if (session.worker != null || (session.generator != null && !session.generator.equals(owner))) {
            reply.refuse(RefusalReason.INVALID, "this connection registered as something else");
            return;
        }
        session.generator = owner;
        orphaned.remove(owner);
        dispatcher.generators().put(owner, session);
        LOG.info("generator {} registered from {}, data go by {}", owner, session, session.path());
        reply.send(registered(part(session)));
    }

    private void registerWorker(Session session, RegisterWorker message, Reply reply) {
        if (!isOf(PeerRights.WORKER, session, reply)) {
            return;
        }
        if (session.generator != null || (session.worker != null && !session.worker.equals(message.workerId()))) {
            reply.refuse(RefusalReason.INVALID, "this connection registered as something else");
            return;
        }
        String id = message.workerId();
        Session earlier = dispatcher.workers().get(id);
        if (earlier != null && earlier != session) {
            if (earlier.isConnected() && registry.isAlive(id)) {
                counters.add(Counters.WORKERS_REFUSED);
                LOG.warn("worker {} at {} is refused: {} has that name and is alive", id, session, earlier);
                reply.refuse(
                        RefusalReason.INVALID,
                        "a live worker is registered as '" + id + "', from " + earlier
                                + ": give each a name of its own");
                return;
            }
            loseWorker(earlier, "it was silent, and is back on another connection");
            earlier.endpoint.connection().close();
        }
        if (earlier != session) {
            session.worker = id;
            registry.register(id);
            dispatcher.workers().put(id, session);
        }
        LOG.info("worker {} registered from {}, data go by {}", id, session, session.path());
        reply.send(registered());
    }

    private Registered registered() {
        return new Registered(settings.id(), vault.capacity(), vault.free(), vault.maxBlockLength());
    }

    private Registered registered(int part) {
        return new Registered(settings.id(), vault.partCapacity(), vault.free(part), vault.maxBlockLength());
    }

    /** The part of the memory that is for a generator. */
    private int part(Session session) {
        return PeerRights.partOf(
                settings.tenants(), session.endpoint.connection().peer().name());
    }

    private void allocate(Session session, Owner owner, Allocate message, Reply reply) {
        long total = 0;
        for (int length : message.lengths()) {
            total += length;
            if (length > vault.maxBlockLength()) {
                reply.refuse(
                        RefusalReason.INVALID,
                        "block of " + length + " bytes is above the longest, " + vault.maxBlockLength());
                return;
            }
        }
        if (message.lengths().isEmpty()
                || total > vault.partCapacity()
                || vault.find(owner, message.grantId()) != null) {
            reply.refuse(
                    RefusalReason.INVALID,
                    "grant " + message.grantId() + " of " + total
                            + " bytes exists, is empty, or is above the capacity of " + vault.partCapacity());
            return;
        }
        try {
            int part = part(session);
            Grant grant = total > vault.free(part)
                    ? null
                    : vault.tryGrant(owner, message.grantId(), part, session.endpoint.connection(), message.lengths());
            if (grant == null) {
                counters.add(Counters.MEMORY_BUSY);
                reply.refuse(RefusalReason.BUSY, total + " bytes wanted, " + vault.free(part) + " free");
                return;
            }
            counters.add(Counters.GRANTS);
            List<Slice> descriptors = new ArrayList<>();
            for (RemoteRegion region : grant.writable()) {
                descriptors.add(Dispatcher.encode(region));
            }
            reply.send(new Granted(message.grantId(), descriptors));
        } catch (TransportException e) {
            reply.refuse(RefusalReason.BUSY, String.valueOf(e.getMessage()));
        }
    }

    private void addPeer(AddPeer message, Reply reply) {
        var unused = invite(message.address()).whenComplete((invited, failure) -> {
            if (failure == null) {
                reply.send(new Ack());
            } else {
                reply.refuse(RefusalReason.INVALID, message.address() + ": " + failure.getMessage());
            }
        });
    }

    /** Invites who listens there, and takes a worker back that was struck out. */
    CompletableFuture<Invited> invite(String address) {
        return inviter.apply(address).whenComplete((invited, failure) -> {
            if (invited != null) {
                registry.include(invited.peer());
            }
        });
    }

    /** Strikes a worker out until it is added again; what it runs, it may finish. */
    void removeWorker(String workerId, Reply reply) {
        if (!registry.exclude(workerId)) {
            reply.refuse(RefusalReason.UNKNOWN, "no worker " + workerId);
            return;
        }
        reply.send(new Ack());
    }

    void onClosed(MessageEndpoint endpoint) {
        Session session = sessions.remove(endpoint);
        if (session == null) {
            return;
        }
        Owner owner = session.generator;
        if (owner != null && dispatcher.generators().remove(owner, session)) {
            orphaned.put(
                    owner, nanoClock.getAsLong() + settings.generatorGrace().toNanos());
        }
        if (session.worker != null && dispatcher.workers().get(session.worker) == session) {
            loseWorker(session, "its connection ended");
        }
    }

    private void loseWorker(Session session, String why) {
        String id = session.workerId();
        if (registry.isLeaving(id)) {
            LOG.info("worker {} has stopped: {}", id, why);
        } else {
            LOG.warn("worker {} is lost: {}", id, why);
            counters.add(Counters.WORKERS_LOST);
        }
        registry.remove(id);
        dispatcher.workerLost(session, why);
    }

    /** Looks for timeouts. */
    void check() {
        for (String dead : registry.expire()) {
            Session session = dispatcher.workers().get(dead);
            if (session != null) {
                loseWorker(session, "silent for more than " + settings.workerTimeout());
                session.endpoint.connection().close();
            }
        }
        dispatcher.endOverdue();
        long now = nanoClock.getAsLong();
        for (Owner owner : List.copyOf(orphaned.keySet())) {
            Long until = orphaned.get(owner);
            if (until != null && now - until >= 0) {
                orphaned.remove(owner);
                dispatcher.endAll(owner);
                int grants = vault.releaseAll(owner);
                counters.add(Counters.GRANTS_RECLAIMED, grants);
                LOG.warn("generator {} did not return: {} grants reclaimed", owner, grants);
            }
        }
    }

    /** Takes no new jobs from now on. */
    void stop() {
        stopping = true;
    }

    boolean isStopping() {
        return stopping;
    }

    boolean isDrained() {
        return vault.grantCount() == 0 && dispatcher.isIdle();
    }

    /** Gives all memory back; the connections are gone. */
    void clear() {
        vault.clear();
    }

    private Map<PeerIdentity, ConnectionPath> paths() {
        Map<PeerIdentity, ConnectionPath> paths = new HashMap<>();
        for (Session session : sessions.values()) {
            if (session.isConnected() && (session.generator != null || session.worker != null)) {
                paths.put(session.endpoint.connection().peer(), session.path());
            }
        }
        return Map.copyOf(paths);
    }

    MemnodeStatus status() {
        return new MemnodeStatus(
                vault.capacity(),
                vault.capacity() - vault.free(),
                vault.grantCount(),
                dispatcher.generators().size(),
                registry.statuses(),
                dispatcher.jobCount(),
                paths(),
                counters.snapshot());
    }
}
