// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;

/**
 * Loads one store's plug-ins: the classes of its jars, which see each other, the JDK, and of the worker only the packages
 * that plug-ins are written against. So a jar may bring any library, whatever the worker or another store's jars have.
 * That keeps apart what is called the same; it is no wall against code that means harm.
 */
final class PlugInClassLoader extends URLClassLoader {
    /** What plug-in and worker must have in common. A jar's own copies of these are passed over. */
    private static final List<String> SHARED =
            List.of("io.sluice.store.base.", "org.agrona.", "org.slf4j.", "org.jspecify.annotations.");

    static {
        registerAsParallelCapable();
    }

    private final ClassLoader worker;

    PlugInClassLoader(String name, URL[] jars, ClassLoader worker) {
        super(name, jars, ClassLoader.getPlatformClassLoader());
        this.worker = worker;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        for (String shared : SHARED) {
            if (name.startsWith(shared)) {
                return worker.loadClass(name);
            }
        }
        return super.loadClass(name, resolve);
    }
}
