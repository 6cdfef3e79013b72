// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;

/** A {@link ContractPeer} in a process of its own, or what comes nearest to it on this transport. */
public interface OtherProcess extends AutoCloseable {
    /** Where it listens. */
    InetSocketAddress address();

    /** Ends it at once: it says nothing to anybody (SIGKILL). */
    void kill() throws Exception;

    /** Stops it where it stands (SIGSTOP). */
    void pause() throws Exception;

    /** Lets it go on (SIGCONT). */
    void resume() throws Exception;

    @Override
    void close() throws Exception;
}
