// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of jars, from which classes are loaded: a jar that is written over under the eyes of a running job would break
 * it. Loaded by one thread; closed when nobody uses what it gave.
 */
final class LoadedJars {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedJars.class);

    private final Path copies;
    private final List<URL> urls = new ArrayList<>();
    private PlugIns plugIns = PlugIns.BUILT_IN;
    private @Nullable PlugInClassLoader loader;

    private LoadedJars(Path copies) {
        this.copies = copies;
    }

    /**
     * Copies jars into a new directory.
     *
     * @param where they are, for messages
     * @throws StoreException {@code compaction.plug-in.jar} where one can't be copied, or is no jar
     */
    static LoadedJars copy(Collection<Path> jars, Path parent, String where) throws StoreException {
        Path current = parent;
        try {
            LoadedJars loaded = new LoadedJars(Files.createTempDirectory(parent, "jars-"));
            try {
                for (Path jar : jars) {
                    current = jar;
                    Path copy = loaded.copies.resolve(loaded.urls.size() + ".jar");
                    Files.copy(jar, copy);
                    new JarFile(copy.toFile()).close(); // a class loader would pass over what is no jar
                    loaded.urls.add(copy.toUri().toURL());
                }
                return loaded;
            } catch (IOException | RuntimeException e) {
                loaded.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            throw PlugInErrors.jar(where + ": " + current.getFileName(), PlugInErrors.told(e), e);
        }
    }

    /**
     * Loads the plug-ins; closes itself where it can't.
     *
     * @param base what all stores have
     * @param name of the store
     */
    void load(PlugIns base, String name, String where) throws StoreException {
        PlugInClassLoader made = new PlugInClassLoader(
                "plug-ins of " + name, urls.toArray(URL[]::new), LoadedJars.class.getClassLoader());
        loader = made;
        try {
            plugIns = PlugInServices.find(made, base, where);
        } catch (StoreException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    PlugIns plugIns() {
        return plugIns;
    }

    void close() {
        plugIns = PlugIns.BUILT_IN;
        PlugInClassLoader loaded = loader;
        if (loaded != null) {
            try {
                loaded.close();
            } catch (IOException e) {
                LOG.debug("{} can't be closed", loaded.getName(), e);
            }
        }
        DirectoryTree.delete(copies);
    }
}
