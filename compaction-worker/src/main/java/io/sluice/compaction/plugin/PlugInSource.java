// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.base.StoreException;

/** Where a worker finds the plug-ins of a store's jobs. Safe for concurrent use. */
public interface PlugInSource {
    /**
     * The plug-ins of a store, which stay loaded until the lease is closed.
     *
     * @param instanceName the store's
     * @throws StoreException where they can't be loaded: that is the job's error, no other's
     */
    Lease lease(String instanceName) throws StoreException;

    /** Unloads what nobody has used for some time; called now and then. */
    default void unloadUnused() {}

    /** Plug-ins in use. Closed once. */
    interface Lease extends AutoCloseable {
        /** The plug-ins. */
        PlugIns plugIns();

        @Override
        void close();
    }

    /** The same plug-ins for all stores, never unloaded. */
    static PlugInSource of(PlugIns plugIns) {
        Lease lease = new Lease() {
            @Override
            public PlugIns plugIns() {
                return plugIns;
            }

            @Override
            public void close() {
                // Nothing is counted.
            }
        };
        return instanceName -> lease;
    }
}
