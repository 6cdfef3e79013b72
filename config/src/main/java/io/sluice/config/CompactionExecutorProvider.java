// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import io.sluice.store.compaction.CompactionExecutorFactory;
import java.util.Set;

/**
 * A module that makes compaction executors of a configuration. Found by {@link java.util.ServiceLoader}, so it is enough
 * that the module is on the program's class path.
 */
public interface CompactionExecutorProvider {
    /** What {@code class} may be for it to make the factory. */
    Set<String> classes();

    /**
     * Makes a factory, which needs no closing.
     *
     * @throws ConfigException where a parameter is unknown or wrong
     */
    CompactionExecutorFactory create(ConfigObject object);
}
