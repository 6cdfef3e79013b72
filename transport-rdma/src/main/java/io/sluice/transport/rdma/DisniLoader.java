// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import com.ibm.disni.verbs.RdmaCm;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Loads DiSNI, and the classes that use it, once more, where {@code System.loadLibrary("disni")} finds the packed library:
 * DiSNI calls that itself, and where it looks can't be changed otherwise once a JVM runs. Everything else is the
 * application's.
 */
final class DisniLoader extends URLClassLoader {
    private static final String DISNI = "com.ibm.disni.";
    private static final String ITS_USERS = DisniLoader.class.getPackageName() + ".verbs.";

    private final Path library;

    private DisniLoader(URL[] sources, Path library) {
        super("sluice-rdma", sources, DisniLoader.class.getClassLoader());
        this.library = library;
    }

    /** Takes the packed library out; it is loaded with the first class that needs it. */
    static DisniLoader open() throws IOException {
        URL[] sources = {sourceOf(RdmaCm.class), sourceOf(DisniLoader.class)};
        return new DisniLoader(sources, NativeLibrary.extract());
    }

    private static URL sourceOf(Class<?> type) throws IOException {
        var source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            throw new IOException("can't tell from where " + type.getName()
                    + " was loaded: RDMA needs it from a jar or directory, by an ordinary class loader");
        }
        return source.getLocation();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(DISNI) && !name.startsWith(ITS_USERS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            Class<?> found = loaded == null ? findClass(name) : loaded;
            if (resolve) {
                resolveClass(found);
            }
            return found;
        }
    }

    @Override
    protected @Nullable String findLibrary(String name) {
        return name.equals("disni") ? library.toString() : super.findLibrary(name);
    }

    /** The library is loaded, or will never be: its file is of no more use. */
    void deleteLibrary() throws IOException {
        if (Files.deleteIfExists(library)) {
            Files.deleteIfExists(library.getParent());
        }
    }
}
