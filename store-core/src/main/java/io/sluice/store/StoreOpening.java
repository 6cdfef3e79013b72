// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.engine.ColumnFamilySettings;
import io.sluice.store.engine.Database;
import io.sluice.store.engine.EngineEnvironment;
import io.sluice.store.engine.Opening;
import io.sluice.store.storage.Storage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Opens the engine by the public options. */
final class StoreOpening {
    private StoreOpening() {}

    /** Opens a store; column families that are not named have {@code defaults}. */
    static Database open(
            DBOptions options,
            Storage storage,
            List<ColumnFamilyDescriptor> columnFamilies,
            ColumnFamilyOptions defaults)
            throws StoreException {
        return open(options, storage, columnFamilies, defaults, UnaryOperator.identity());
    }

    /** The same in what {@code environment} makes of this machine's time and threads. */
    static Database open(
            DBOptions options,
            Storage storage,
            List<ColumnFamilyDescriptor> columnFamilies,
            ColumnFamilyOptions defaults,
            UnaryOperator<EngineEnvironment> environment)
            throws StoreException {
        Map<String, ColumnFamilySettings> settings = new LinkedHashMap<>();
        for (ColumnFamilyDescriptor descriptor : columnFamilies) {
            if (settings.put(descriptor.name(), StoreSettings.of(descriptor.options())) != null) {
                throw StoreException.invalid(
                        "store.column-family.twice", "column family \"" + descriptor.name() + "\" is named twice");
            }
        }
        return StoreCalls.call(() -> {
            Opening opening = new Opening(
                    StoreSettings.of(options),
                    storage,
                    environment.apply(EngineEnvironment.system(hostName(), options.maxBackgroundFlushes())),
                    settings,
                    StoreSettings.of(defaults));
            return opening.run();
        });
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
