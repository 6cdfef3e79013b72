// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** One side of a path as the engine would be: its provider, its pool, and what it was told. */
final class PathEnd implements DataPathEvents, AutoCloseable {
    static final int MAX_MESSAGE_LENGTH = 64 * 1024;
    static final int CONNECTIONS = 2;
    private static final int POOL_LENGTH = 16 << 20;
    private static final int LENGTH_OFFSET = 4;

    final RegionPool pool;
    final VerbsProvider provider;
    final List<byte[]> messages = new ArrayList<>();
    final List<Integer> ended = new ArrayList<>();

    @Nullable
    DataPath path;

    @Nullable
    PathOffer peer;

    @Nullable
    TransportException broken;

    int readies;
    int closes;
    /** What comes is counted only. */
    boolean counting;

    long counted;
    Action onMessage = () -> {};
    Action onReady = () -> {};

    /** What else a test wants done. */
    interface Action {
        void run() throws TransportException;
    }

    PathEnd(String address, TransportContext context, Set<Access> accesses) throws IOException {
        this(address, context, accesses.stream().map(PeerClass::of).collect(Collectors.toSet()), 1);
    }

    PathEnd(String address, TransportContext context, Set<PeerClass> classes, int parts) throws IOException {
        pool = new RegionPool(1 << 20, POOL_LENGTH, parts);
        provider = new VerbsProvider(context.secret(new byte[32])
                .regionPool(pool)
                .maxMessageLength(MAX_MESSAGE_LENGTH)
                .rdma(RdmaSettings.of(Policy.REQUIRE)
                        .withAddress(InetAddress.getByName(address))
                        .withConnections(CONNECTIONS)
                        .withClasses(classes, peer -> PeerClass.of(Access.READ_WRITE)))
                .conclude());
    }

    static PathEnd polled(String address) throws IOException {
        PathEnd end = new PathEnd(address, new TransportContext().invokerMode(true), EnumSet.of(Access.READ_WRITE));
        end.provider.start(() -> {});
        return end;
    }

    DataPath path() {
        return Objects.requireNonNull(path);
    }

    void listen(Access given) throws TransportException {
        listen(PeerClass.of(given));
    }

    void listen(PeerClass given) throws TransportException {
        path = provider.listen(given, this);
    }

    void dial(PathOffer offer, Access given) throws TransportException {
        peer = offer;
        path = provider.dial(offer, PeerClass.of(given), this);
    }

    /** Learns of the other side's ring, as a listener does. */
    void meet(PathOffer theirs) throws TransportException {
        peer = theirs;
        path().peer(theirs);
    }

    /** Where a place of the peer's first slab is. */
    long remote(long offset) {
        return Objects.requireNonNull(peer).slabs().get(0).address() + offset;
    }

    int remoteKey() {
        return Objects.requireNonNull(peer).slabs().get(0).key();
    }

    Region region(int length) {
        return Objects.requireNonNull(pool.tryAcquire(length));
    }

    /** Sends a frame if there is room. */
    boolean trySend(byte[] payload) throws TransportException {
        int length = FrameFormat.HEADER_LENGTH + payload.length;
        int at = path().claim(length);
        if (at < 0) {
            return false;
        }
        UnsafeBuffer to = path().sendBuffer();
        to.putInt(at + LENGTH_OFFSET, length, LITTLE_ENDIAN);
        to.putBytes(at + FrameFormat.HEADER_LENGTH, payload);
        path().commit(at, length);
        return true;
    }

    @Override
    public void onReady() {
        readies++;
        run(onReady);
    }

    @Override
    public void onFrame(UnsafeBuffer buffer, ByteBuffer raw, int offset, int length) {
        counted++;
        if (!counting) {
            assertThat(readies).as("ready before anything else").isEqualTo(1);
            assertThat(raw.order(LITTLE_ENDIAN).getInt(offset + LENGTH_OFFSET)).isEqualTo(length);
            byte[] payload = new byte[length - FrameFormat.HEADER_LENGTH];
            buffer.getBytes(offset + FrameFormat.HEADER_LENGTH, payload);
            messages.add(payload);
        }
        run(onMessage);
    }

    private static void run(Action action) {
        try {
            action.run();
        } catch (TransportException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void onOperationEnd(int slot, @Nullable TransportException cause) {
        counted++;
        if (!counting) {
            assertThat(cause).isNull();
            ended.add(slot);
        }
    }

    @Override
    public void onProgress() {}

    @Override
    public void onBroken(TransportException cause) {
        assertThat(broken).as("told once").isNull();
        broken = cause;
    }

    @Override
    public void onClosed() {
        closes++;
    }

    @Override
    public void close() {
        provider.close();
        pool.close();
    }
}
