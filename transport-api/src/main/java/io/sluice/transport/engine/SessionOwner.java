// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportException;

/** Who waits for a session's connection; told on the agent, of one of the two, once. */
interface SessionOwner {
    /** It is active. */
    void onActive(EngineConnection connection);

    /** It never became active. */
    void onFailed(TransportException cause);
}
