// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Each store's plug-ins from jars of its own, beside what all have: those in {@code DIRECTORY/INSTANCE_NAME}. They are
 * loaded when a job first needs them, anew for the next job when a file there was changed, added or taken away, and
 * unloaded when no job has used them for a while. Jobs under way keep what they began with. Safe for concurrent use; owns
 * the copies from which it loads, until closed.
 */
public final class PlugInJars implements PlugInSource, AutoCloseable {
    /** Longer than the pause between the jobs of a store in use. */
    private static final Duration IDLE_LIMIT = Duration.ofMinutes(10);

    private final Path directory;
    private final PlugIns base;
    private final PlugInSource common;
    private final LongSupplier nanoClock;
    private final Path copies;
    private final Map<String, InstanceJars> instances = new ConcurrentHashMap<>();

    private PlugInJars(Path directory, PlugIns base, LongSupplier nanoClock, Path copies) {
        this.directory = directory;
        this.base = base;
        this.common = PlugInSource.of(base);
        this.nanoClock = nanoClock;
        this.copies = copies;
    }

    /**
     * A source of jars; none is read yet.
     *
     * @param directory with a directory for each store that has jars
     * @param base what all stores have
     * @param nanoClock tells what has not been used for long
     */
    public static PlugInJars open(Path directory, PlugIns base, LongSupplier nanoClock) throws IOException {
        return new PlugInJars(
                directory.toAbsolutePath().normalize(), base, nanoClock, Files.createTempDirectory("sluice-plug-ins-"));
    }

    @Override
    public Lease lease(String instanceName) throws StoreException {
        Path jars = jarsOf(instanceName);
        if (!Files.isDirectory(jars)) {
            return common.lease(instanceName);
        }
        return instances
                .computeIfAbsent(instanceName, name -> new InstanceJars(name, jars, base, copies, nanoClock))
                .lease();
    }

    /** A store's name is one path component, which no document can have otherwise; here that is seen to once more. */
    private Path jarsOf(String instanceName) throws StoreException {
        try {
            Path path = directory.resolve(instanceName).normalize();
            if (directory.equals(path.getParent())) {
                return path;
            }
        } catch (InvalidPathException e) {
            throw PlugInErrors.jar("the plug-ins of " + instanceName, "the name is no file name", e);
        }
        throw PlugInErrors.name("the plug-ins of " + instanceName, "the name is no file name");
    }

    @Override
    public void unloadUnused() {
        instances.values().forEach(instance -> instance.unload(IDLE_LIMIT));
    }

    /** Unloads all, once no job runs any more. */
    @Override
    public void close() {
        instances.values().forEach(instance -> instance.unload(Duration.ZERO));
        DirectoryTree.delete(copies);
    }
}
