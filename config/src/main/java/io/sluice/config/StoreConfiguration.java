// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import io.sluice.store.DBOptions;
import io.sluice.store.compaction.CompactionExecutorFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says of stores that a program embeds. The program applies it to its options before it opens
 * a store; whether compactions go out then, and where, is the file's alone:
 *
 * <pre>{@code
 * DBOptions options = StoreConfiguration.load(file)
 *         .applyTo(DBOptions.builder())
 *         .build();
 * }</pre>
 *
 * Immutable.
 */
public final class StoreConfiguration {
    /** The namespace of compaction executors. */
    public static final String COMPACTION_EXECUTOR_FACTORY = "CompactionExecutorFactory";

    /** All that may stand in a file, so that one file can describe a whole deployment: also the roles of the command. */
    public static final Set<String> NAMESPACES = Set.of(COMPACTION_EXECUTOR_FACTORY, "Generator", "Memnode", "Worker");

    private final ConfigFile file;

    private StoreConfiguration(ConfigFile file) {
        this.file = file;
    }

    /**
     * Reads a YAML or JSON file and checks its shape.
     *
     * @throws ConfigException where it can't be read, or has what no such file has
     */
    public static StoreConfiguration load(Path path) {
        return new StoreConfiguration(ConfigFile.load(path, NAMESPACES));
    }

    /** As {@link #applyTo(DBOptions.Builder, String)}, where the file has at most one object of each namespace. */
    public DBOptions.Builder applyTo(DBOptions.Builder options) {
        return apply(options, null);
    }

    /**
     * Sets in {@code options} what the file says of stores; leaves the rest as it is.
     *
     * @param compactionExecutor the name of the store's object in {@code CompactionExecutorFactory}
     * @return {@code options}
     * @throws ConfigException where a parameter is unknown or wrong, or the class is of no module on the class path
     */
    public DBOptions.Builder applyTo(DBOptions.Builder options, String compactionExecutor) {
        return apply(options, compactionExecutor);
    }

    private DBOptions.Builder apply(DBOptions.Builder options, @Nullable String name) {
        CompactionExecutorFactory factory = compactionExecutorFactory(name);
        return factory == null ? options : options.remoteCompactionExecutor(factory);
    }

    /**
     * The factory of a store's compaction executor.
     *
     * @param name of the object, or null where there is at most one
     * @return null where the file has none, so that compactions stay here
     * @throws ConfigException as {@link #applyTo(DBOptions.Builder, String)}
     */
    public @Nullable CompactionExecutorFactory compactionExecutorFactory(@Nullable String name) {
        if (name == null && file.names(COMPACTION_EXECUTOR_FACTORY).isEmpty()) {
            return null;
        }
        Map<String, CompactionExecutorProvider> providers = new TreeMap<>();
        for (CompactionExecutorProvider provider : ServiceLoader.load(CompactionExecutorProvider.class)) {
            provider.classes().forEach(type -> providers.put(type, provider));
        }
        if (providers.isEmpty()) {
            throw new ConfigException("no module that makes a " + COMPACTION_EXECUTOR_FACTORY
                    + " is on the class path: add sluice-compaction-worker");
        }
        ConfigObject object = file.object(COMPACTION_EXECUTOR_FACTORY, name, providers.keySet());
        CompactionExecutorProvider provider = providers.get(object.type());
        if (provider == null) {
            throw new AssertionError(object.type());
        }
        return provider.create(object);
    }
}
