// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.PeerIdentity;
import io.sluice.transport.TransportException;

/** Who waits for a session's connection; told on the agent, once, that it is active or never became so. */
interface SessionOwner {
    /** The peer has proven itself: refuses one that is not wanted. */
    default void checkPeer(PeerIdentity peer) throws TransportException {}

    /** It is active. */
    void onActive(EngineConnection connection);

    /** It never became active. */
    void onFailed(TransportException cause);
}
