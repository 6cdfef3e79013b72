// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import io.sluice.transport.engine.Carrier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Assumptions;

/** What a transport's own tests give to the contract suite. */
public interface TransportFixture extends AutoCloseable {
    /** Opens a transport. */
    Transport open(TransportContext context) throws TransportException;

    /** The byte streams beneath such a transport, for programs that are no transports. The caller closes it. */
    Carrier carrier(TransportContext context) throws TransportException;

    /** An address to listen on, with port 0. */
    default InetSocketAddress anyAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** An address where nobody listens. */
    InetSocketAddress deadAddress() throws Exception;

    /** An address that takes connections and says nothing. */
    InetSocketAddress silentAddress() throws Exception;

    /** Makes all bytes on the way vanish from now on, without closing anything. */
    void blackHole();

    /** How many times slower than usual this may be: what tests wait by is that much longer. */
    default int patience() {
        return 1;
    }

    /** Whether {@link #blackHole} also cuts what goes beside the stream. */
    default boolean cutsAllData() {
        return true;
    }

    /** Where to dial so as to pass what {@link #blackHole} cuts. */
    InetSocketAddress throughFaults(InetSocketAddress listener) throws Exception;

    /**
     * Flips a bit of one byte of each direction of the connections that are made from now on and pass {@link
     * #throughFaults}.
     *
     * @param index which byte of the stream, from 0; negative for none
     */
    default void corruptAt(long index) throws Exception {
        Assumptions.abort("this fixture can't damage bytes");
    }

    /** Changes a byte of each one-sided operation, from now on, that goes beside the streams. */
    default void damageBlocks() throws Exception {
        Assumptions.abort("this fixture can't damage what goes beside the stream");
    }

    /** Whether {@link #cut} can. */
    default boolean canCut() {
        return false;
    }

    /** Breaks all connections that pass {@link #throughFaults}, as a lost route does that comes back at once. */
    default void cut() {
        throw new UnsupportedOperationException("this fixture can't cut connections");
    }

    /** Starts a {@link ContractPeer}. The caller closes it. */
    default OtherProcess startProcess() throws Exception {
        return Assumptions.abort("this fixture has no other process");
    }

    /** What the transport holds of the system besides memory and descriptors, for tests of leaks; 0 where nothing. */
    default long openResources() throws Exception {
        return 0;
    }

    /**
     * Whether the owner checks region, key, range and right of each operation, as it does on a stream: hardware knows slabs,
     * and the right that a peer has to all of them.
     */
    default boolean checksRegions() {
        return true;
    }

    /** How many connections, one after the other, must leave nothing behind. */
    default int reconnects() {
        return 1000;
    }

    @Override
    void close() throws Exception;
}
