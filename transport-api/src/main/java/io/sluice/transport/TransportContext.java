// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link Transport}. Set them, then call {@link #conclude()}, which checks them all; after that they
 * can't be changed. A concluded context may serve several transports. Not safe for concurrent use before that.
 */
public final class TransportContext {
    /** Fewest bytes of a secret. */
    public static final int MIN_SECRET_LENGTH = 16;

    /** The least that every side takes as a message, in bytes. */
    public static final int MIN_MESSAGE_LIMIT = 64;

    /** Longest of all durations, also of {@link Transport#connect}'s: what is longer counts as this. */
    public static final Duration MAX_DURATION = Duration.ofDays(1);

    private boolean concluded;
    private byte @Nullable [] secret;
    private @Nullable RegionPool regionPool;
    private @Nullable SSLContext tls;
    private boolean plaintext = false;
    private String role = "client";
    private String name = "unnamed";
    private String clusterId = "sluice";
    private int maxMessageLength = 256 * 1024;
    private int messageWindow = 1024;
    private int maxOperations = 64;
    private int maxExposures = 65_536;
    private int maxNegotiating = 64;
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration heartbeatInterval = Duration.ofSeconds(1);
    private Duration peerTimeout = Duration.ofSeconds(10);
    private Duration operationTimeout = Duration.ofSeconds(30);
    private Duration drainTimeout = Duration.ofSeconds(5);
    private IdleMode idleMode = IdleMode.BLOCKING;
    private boolean invokerMode = false;
    private LongSupplier nanoClock = System::nanoTime;
    private SecureRandom random = new SecureRandom();
    private RdmaSettings rdma = RdmaSettings.OFF;

    /**
     * The cluster's shared secret, by which both sides prove themselves: at least {@value #MIN_SECRET_LENGTH} bytes, copied.
     * Required.
     */
    public TransportContext secret(byte[] value) {
        checkOpen();
        secret = value.clone();
        return this;
    }

    /** A copy of the secret. */
    public byte[] secret() {
        if (secret == null) {
            throw new IllegalStateException("secret is not set");
        }
        return secret.clone();
    }

    /** The memory for one-sided operations; without one there are none. The caller closes it, after the transport. */
    public TransportContext regionPool(RegionPool value) {
        checkOpen();
        regionPool = value;
        return this;
    }

    /** The memory for one-sided operations, or null. */
    public @Nullable RegionPool regionPool() {
        return regionPool;
    }

    /**
     * By what this side's TCP connections are encrypted, and both ends prove who they are: TLS 1.3 with a certificate on
     * each side. Default null: no TLS, and so nothing but this machine's loopback, unless {@link #plaintext(boolean)}.
     */
    public TransportContext tls(@Nullable SSLContext value) {
        checkOpen();
        tls = value;
        return this;
    }

    /** See {@link #tls(SSLContext)}. */
    public @Nullable SSLContext tls() {
        return tls;
    }

    /**
     * Whether a transport without TLS may listen on and dial other addresses than loopback: everyone on the way can then
     * read and change what is sent. Default {@code false}.
     */
    public TransportContext plaintext(boolean value) {
        checkOpen();
        plaintext = value;
        return this;
    }

    /** See {@link #plaintext(boolean)}. */
    public boolean plaintext() {
        return plaintext;
    }

    /** What this side is, such as {@code worker}: 1 to 64 characters. Default {@code "client"}. */
    public TransportContext role(String value) {
        checkOpen();
        role = value;
        return this;
    }

    /** See {@link #role(String)}. */
    public String role() {
        return role;
    }

    /** This side's name within the cluster: 1 to 128 characters. Default {@code "unnamed"}. */
    public TransportContext name(String value) {
        checkOpen();
        name = value;
        return this;
    }

    /** See {@link #name(String)}. */
    public String name() {
        return name;
    }

    /** The cluster: peers of another one are refused. 1 to 128 characters. Default {@code "sluice"}. */
    public TransportContext clusterId(String value) {
        checkOpen();
        clusterId = value;
        return this;
    }

    /** See {@link #clusterId(String)}. */
    public String clusterId() {
        return clusterId;
    }

    /** Longest message sent and taken, in bytes: 64 to 16 MiB. Default {@code 256 * 1024}. */
    public TransportContext maxMessageLength(int value) {
        checkOpen();
        maxMessageLength = value;
        return this;
    }

    /** See {@link #maxMessageLength(int)}. */
    public int maxMessageLength() {
        return maxMessageLength;
    }

    /** Most messages that a peer may have sent and this side not polled: 2 to 65,536. Default {@code 1024}. */
    public TransportContext messageWindow(int value) {
        checkOpen();
        messageWindow = value;
        return this;
    }

    /** See {@link #messageWindow(int)}. */
    public int messageWindow() {
        return messageWindow;
    }

    /** One-sided operations that may be under way on a connection, each way: 1 to 4,096. Default {@code 64}. */
    public TransportContext maxOperations(int value) {
        checkOpen();
        maxOperations = value;
        return this;
    }

    /** See {@link #maxOperations(int)}. */
    public int maxOperations() {
        return maxOperations;
    }

    /** Regions that may be exposed to a connection at a time: 1 to 16,777,216, and over RDMA at most 1,048,576. Default {@code 65_536}. */
    public TransportContext maxExposures(int value) {
        checkOpen();
        maxExposures = value;
        return this;
    }

    /** See {@link #maxExposures(int)}. */
    public int maxExposures() {
        return maxExposures;
    }

    /** Connections accepted and not yet proven, beyond which new ones are dropped: 1 to 65,536. Default {@code 64}. */
    public TransportContext maxNegotiating(int value) {
        checkOpen();
        maxNegotiating = value;
        return this;
    }

    /** See {@link #maxNegotiating(int)}. */
    public int maxNegotiating() {
        return maxNegotiating;
    }

    /** From dialling, or accepting, to an active connection. Default {@code Duration.ofSeconds(5)}. */
    public TransportContext connectTimeout(Duration value) {
        checkOpen();
        connectTimeout = value;
        return this;
    }

    /** See {@link #connectTimeout(Duration)}. */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** Longest silence towards the peer. Default {@code Duration.ofSeconds(1)}. */
    public TransportContext heartbeatInterval(Duration value) {
        checkOpen();
        heartbeatInterval = value;
        return this;
    }

    /** See {@link #heartbeatInterval(Duration)}. */
    public Duration heartbeatInterval() {
        return heartbeatInterval;
    }

    /** Silence of the peer after which it counts as dead: at least twice the heartbeat interval. Default {@code Duration.ofSeconds(10)}. */
    public TransportContext peerTimeout(Duration value) {
        checkOpen();
        peerTimeout = value;
        return this;
    }

    /** See {@link #peerTimeout(Duration)}. */
    public Duration peerTimeout() {
        return peerTimeout;
    }

    /** Longest that a one-sided operation may take, from its submission, or the end of an exposure from its revocation; the connection fails then. Default {@code Duration.ofSeconds(30)}. */
    public TransportContext operationTimeout(Duration value) {
        checkOpen();
        operationTimeout = value;
        return this;
    }

    /** See {@link #operationTimeout(Duration)}. */
    public Duration operationTimeout() {
        return operationTimeout;
    }

    /** Longest that an orderly close may take. Default {@code Duration.ofSeconds(5)}. */
    public TransportContext drainTimeout(Duration value) {
        checkOpen();
        drainTimeout = value;
        return this;
    }

    /** See {@link #drainTimeout(Duration)}. */
    public Duration drainTimeout() {
        return drainTimeout;
    }

    /** What the agent's thread does when idle. Default {@code IdleMode.BLOCKING}. */
    public TransportContext idleMode(IdleMode value) {
        checkOpen();
        idleMode = value;
        return this;
    }

    /** See {@link #idleMode(IdleMode)}. */
    public IdleMode idleMode() {
        return idleMode;
    }

    /** No thread: the caller runs {@link Transport#doWork()}. Default {@code false}. */
    public TransportContext invokerMode(boolean value) {
        checkOpen();
        invokerMode = value;
        return this;
    }

    /** See {@link #invokerMode(boolean)}. */
    public boolean invokerMode() {
        return invokerMode;
    }

    /** The clock of every deadline, in nanoseconds from an arbitrary origin. Default {@code System::nanoTime}. */
    public TransportContext nanoClock(LongSupplier value) {
        checkOpen();
        nanoClock = value;
        return this;
    }

    /** See {@link #nanoClock(LongSupplier)}. */
    public LongSupplier nanoClock() {
        return nanoClock;
    }

    /** Where nonces and keys come from. Default {@code new SecureRandom()}. */
    public TransportContext random(SecureRandom value) {
        checkOpen();
        random = value;
        return this;
    }

    /** See {@link #random(SecureRandom)}. */
    public SecureRandom random() {
        return random;
    }

    /** Whether data go over RDMA. Default {@link RdmaSettings#OFF}. Transports that have no RDMA ignore it. */
    public TransportContext rdma(RdmaSettings value) {
        checkOpen();
        rdma = value;
        return this;
    }

    /** See {@link #rdma(RdmaSettings)}. */
    public RdmaSettings rdma() {
        return rdma;
    }

    /**
     * Checks everything and freezes it. Idempotent.
     *
     * @throws IllegalArgumentException where a setting is out of its range; the message names it
     */
    public TransportContext conclude() {
        if (concluded) {
            return this;
        }
        if (secret == null || secret.length < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException("secret: " + (secret == null ? "not set" : secret.length + " bytes")
                    + ", expected at least " + MIN_SECRET_LENGTH + " bytes");
        }
        checkText("role", role, 64);
        checkText("name", name, 128);
        checkText("clusterId", clusterId, 128);
        checkRange("maxMessageLength", maxMessageLength, MIN_MESSAGE_LIMIT, 16 << 20);
        checkRange("messageWindow", messageWindow, 2, 65_536);
        checkRange("maxOperations", maxOperations, 1, 4_096);
        checkRange("maxExposures", maxExposures, 1, 1 << 24);
        checkRange("maxNegotiating", maxNegotiating, 1, 65_536);
        checkDuration("connectTimeout", connectTimeout);
        checkDuration("heartbeatInterval", heartbeatInterval);
        checkDuration("peerTimeout", peerTimeout);
        checkDuration("operationTimeout", operationTimeout);
        checkDuration("drainTimeout", drainTimeout);
        if (peerTimeout.compareTo(heartbeatInterval.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException(
                    "peerTimeout=" + peerTimeout + ", expected at least twice heartbeatInterval=" + heartbeatInterval);
        }
        for (PeerClass peers : rdma.classes()) {
            int parts = regionPool == null ? 1 : regionPool.parts();
            if (peers.part() >= parts) {
                throw new IllegalArgumentException("rdma class " + peers + ", and the pool has " + parts + " parts");
            }
        }
        concluded = true;
        return this;
    }

    private void checkOpen() {
        if (concluded) {
            throw new IllegalStateException("the context was concluded");
        }
    }

    private static void checkText(String setting, String value, int max) {
        if (value.isEmpty() || value.length() > max) {
            throw new IllegalArgumentException(setting + ": " + value.length() + " characters, expected 1 to " + max);
        }
        if (!value.codePoints().allMatch(PeerIdentity::isPrintable)) {
            throw new IllegalArgumentException(setting + ": has control characters");
        }
    }

    private static void checkRange(String setting, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(setting + "=" + value + ", expected from " + min + " to " + max);
        }
    }

    private static void checkDuration(String setting, Duration value) {
        if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(MAX_DURATION) > 0) {
            throw new IllegalArgumentException(setting + "=" + value + ", expected from 1 ms to 1 day");
        }
    }

    @Override
    public String toString() {
        return "TransportContext{role=" + role + ", name=" + name + ", clusterId=" + clusterId
                + ", secret=<redacted>, regionPool=" + regionPool + "}";
    }
}
