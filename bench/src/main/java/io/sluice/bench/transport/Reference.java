// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import java.util.Locale;

/** What a transport is compared with. */
enum Reference {
    /** Java's sockets with nothing above them. */
    NIO,
    /** The same with a selector to wait by, as any program with more than one socket needs. */
    SELECTOR,
    /** Our own TCP without TLS: what TLS costs. */
    TCP,
    /** Debian's sockperf. */
    SOCKPERF,
    /** A C program that copies blocks, and checks them. */
    C,
    /** Our own --mode block: what one more region for each operation costs. */
    BLOCK,
    /** DiSNI's verbs with nothing above them. */
    DISNI,
    /** Debian's perftest. */
    PERFTEST;

    /** Whether it does what a mode asks, over the same network. */
    boolean knows(Transports transport, Mode mode) {
        return switch (this) {
            case NIO -> transport == Transports.TCP && !mode.isOneSided();
            case SELECTOR -> transport == Transports.TCP && mode == Mode.PINGPONG;
            case TCP -> transport == Transports.TLS;
            case SOCKPERF -> transport == Transports.TCP && mode == Mode.PINGPONG;
            case C -> transport == Transports.TCP && mode == Mode.BLOCK;
            case BLOCK -> mode == Mode.SHIP;
            case DISNI -> transport == Transports.RDMA && mode == Mode.PINGPONG;
            case PERFTEST -> transport == Transports.RDMA && (mode == Mode.PINGPONG || mode == Mode.BLOCK);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Reference> {
        Converter() {
            super(values());
        }
    }
}
