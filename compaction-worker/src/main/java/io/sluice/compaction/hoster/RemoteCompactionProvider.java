// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.config.CompactionExecutorProvider;
import io.sluice.config.ConfigObject;
import io.sluice.store.compaction.CompactionExecutorFactory;
import java.util.Set;

/** Makes {@link RemoteCompaction} of a configuration file. */
public final class RemoteCompactionProvider implements CompactionExecutorProvider {
    @Override
    public Set<String> classes() {
        return Set.of("DcompactEtcd", "RemoteCompaction");
    }

    @Override
    public CompactionExecutorFactory create(ConfigObject object) {
        return new RemoteCompaction(Parameters.read(object));
    }
}
