// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetAddress;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether and how a transport moves data over RDMA; part of {@link TransportContext}.
 *
 * @param policy what is wanted
 * @param fabricTrusted whether everybody who can reach the RDMA network is trusted: neither is it encrypted, nor can a
 *     queue pair prove who uses it. Without this there is no RDMA
 * @param address an IPv4 address of the device to use; null takes the first that a device has
 * @param connections how many connections may use RDMA at a time: memory for their messages is registered at the start. 1
 *     to 4,096
 * @param classes of peers: what each is for of the pool is registered once for it, for {@link Access#NONE} without any key
 *     for peers
 * @param classOf which of them a peer is of. With a peer for which it says another there is no RDMA
 */
public record RdmaSettings(
        Policy policy,
        boolean fabricTrusted,
        @Nullable InetAddress address,
        int connections,
        Set<PeerClass> classes,
        Function<PeerIdentity, PeerClass> classOf) {
    private static final int MAX_CONNECTIONS = 4096;
    private static final int DEFAULT_CONNECTIONS = 16;

    /** What is wanted of a transport that could use RDMA. */
    public enum Policy {
        /** TCP only. */
        OFF,
        /** RDMA where both sides have it, else TCP. */
        PREFER,
        /** RDMA, or the connection fails with the reason. */
        REQUIRE
    }

    /** No RDMA. */
    public static final RdmaSettings OFF = of(Policy.OFF);

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException where one is out of its range
     */
    public RdmaSettings {
        if (connections < 1 || connections > MAX_CONNECTIONS) {
            throw new IllegalArgumentException(
                    "rdma connections=" + connections + ", expected from 1 to " + MAX_CONNECTIONS);
        }
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("rdma classes: none, expected at least one");
        }
        classes = Set.copyOf(classes);
    }

    /** A policy with the defaults: a fabric that is not trusted, the first device, 16 connections, all rights to all. */
    public static RdmaSettings of(Policy policy) {
        PeerClass all = PeerClass.of(Access.READ_WRITE);
        return new RdmaSettings(policy, false, null, DEFAULT_CONNECTIONS, Set.of(all), peer -> all);
    }

    /** With another {@link #fabricTrusted()}. */
    public RdmaSettings withFabricTrusted(boolean value) {
        return new RdmaSettings(policy, value, address, connections, classes, classOf);
    }

    /** With another {@link #address()}. */
    public RdmaSettings withAddress(@Nullable InetAddress value) {
        return new RdmaSettings(policy, fabricTrusted, value, connections, classes, classOf);
    }

    /** With other {@link #connections()}. */
    public RdmaSettings withConnections(int value) {
        return new RdmaSettings(policy, fabricTrusted, address, value, classes, classOf);
    }

    /** With other rights to all of the pool: {@code choice} gives one of {@code all}. */
    public RdmaSettings withAccess(Set<Access> all, Function<PeerIdentity, Access> choice) {
        return withClasses(all.stream().map(PeerClass::of).collect(Collectors.toSet()), choice.andThen(PeerClass::of));
    }

    /** With other classes of peers: {@code choice} gives one of {@code all}. */
    public RdmaSettings withClasses(Set<PeerClass> all, Function<PeerIdentity, PeerClass> choice) {
        return new RdmaSettings(policy, fabricTrusted, address, connections, all, choice);
    }
}
