// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.PlugIns;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jars of one store. Safe for concurrent use: whoever loads them has the others of the same store wait.
 *
 * <p>Invariant: {@code current} is what the next lease gets where the files are the same; it is closed when it is replaced
 * and nobody leases it, or was not leased for long.
 */
final class InstanceJars {
    private static final Logger LOG = LoggerFactory.getLogger(InstanceJars.class);

    /** How often files may change while they are copied. */
    private static final int MAX_CHANGES = 5;

    private final String name;
    private final Path directory;
    private final PlugIns base;
    private final Path copies;
    private final LongSupplier nanoClock;

    @GuardedBy("this")
    private @Nullable Loaded current;

    /** What files are like, to see that they are others now. */
    private record State(
            long size, FileTime modified, @Nullable Object key) {}

    /** Plug-ins of one state of the files. Its counters are guarded by the instance. */
    private static final class Loaded {
        private final Map<Path, State> files;
        private final LoadedJars jars;
        private int leases;
        private boolean replaced;
        private long unusedSince;

        Loaded(Map<Path, State> files, LoadedJars jars) {
            this.files = files;
            this.jars = jars;
        }
    }

    /**
     * The jars of a store, of which none is read yet.
     *
     * @param base what all stores have
     * @param copies where copies are made
     */
    InstanceJars(String name, Path directory, PlugIns base, Path copies, LongSupplier nanoClock) {
        this.name = name;
        this.directory = directory;
        this.base = base;
        this.copies = copies;
        this.nanoClock = nanoClock;
    }

    /** The plug-ins, loaded where they are not, or not these. */
    synchronized PlugInSource.Lease lease() throws StoreException {
        Map<Path, State> files = files();
        Loaded loaded = current;
        if (loaded == null || !loaded.files.equals(files)) {
            loaded = load();
            retire();
            current = loaded;
        }
        loaded.leases++;
        return new Leased(loaded);
    }

    /** Unloads what nobody has leased for so long. */
    synchronized void unload(Duration limit) {
        Loaded loaded = current;
        if (loaded != null && loaded.leases == 0 && nanoClock.getAsLong() - loaded.unusedSince >= limit.toNanos()) {
            retire();
        }
    }

    @GuardedBy("this")
    private void retire() {
        Loaded loaded = current;
        current = null;
        if (loaded != null) {
            loaded.replaced = true;
            if (loaded.leases == 0) {
                close(loaded);
            }
        }
    }

    private void close(Loaded loaded) {
        loaded.jars.close();
        LOG.info("the plug-ins of {} are unloaded", name);
    }

    /** Loads copies of one state of the files. */
    @GuardedBy("this")
    private Loaded load() throws StoreException {
        String where = "the plug-ins of " + name + " in " + directory;
        for (int change = 0; change < MAX_CHANGES; change++) {
            Map<Path, State> files = files();
            LoadedJars jars;
            try {
                jars = LoadedJars.copy(files.keySet(), copies, where);
            } catch (StoreException e) {
                if (files().equals(files)) {
                    throw e;
                }
                continue; // it was read while it was written
            }
            if (files().equals(files)) {
                jars.load(base, name, where);
                LOG.info("{} are loaded: {} files", where, files.size());
                return new Loaded(files, jars);
            }
            jars.close();
        }
        throw PlugInErrors.name(where, "the files change all the time: put them there by renaming");
    }

    private Map<Path, State> files() throws StoreException {
        Map<Path, State> files = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*.jar")) {
            for (Path file : all) {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                files.put(file, new State(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey()));
            }
        } catch (IOException | RuntimeException e) {
            throw PlugInErrors.jar("the plug-ins of " + name + " in " + directory, PlugInErrors.told(e), e);
        }
        return files;
    }

    /** What one job has. */
    private final class Leased implements PlugInSource.Lease {
        private final Loaded loaded;
        private final PlugIns plugIns;

        Leased(Loaded loaded) {
            this.loaded = loaded;
            this.plugIns = loaded.jars.plugIns();
        }

        @Override
        public PlugIns plugIns() {
            return plugIns;
        }

        @Override
        public void close() {
            synchronized (InstanceJars.this) {
                loaded.leases--;
                loaded.unusedSince = nanoClock.getAsLong();
                if (loaded.leases == 0 && loaded.replaced) {
                    InstanceJars.this.close(loaded);
                }
            }
        }
    }
}
