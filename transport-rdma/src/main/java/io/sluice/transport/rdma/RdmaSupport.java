// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPathProvider;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Whether RDMA can be had on this machine, by this process. Nothing of it is loaded before it is asked for, so a program
 * that never does needs neither libraries nor JVM options. Safe for concurrent use.
 */
public final class RdmaSupport {
    private static final String PROBE = RdmaSupport.class.getPackageName() + ".verbs.Probe";
    private static final String PROVIDER = RdmaSupport.class.getPackageName() + ".verbs.VerbsProvider";

    @GuardedBy("RdmaSupport.class")
    private static @Nullable DisniLoader loader;

    private RdmaSupport() {}

    /**
     * Loads the native library if it was not, and looks for a device.
     *
     * @throws TransportException {@code RESOURCES}, with the reason and what to do: {@code transport.rdma.library} where the
     *     native library, or one that it needs, is missing; {@code transport.rdma.option} where the JVM was started without
     *     the option that DiSNI needs; {@code transport.rdma.device} where the machine has no device, or the process may
     *     not use it
     */
    public static synchronized void require() throws TransportException {
        try {
            probe();
        } catch (IllegalAccessError e) {
            throw missing(
                    "transport.rdma.option",
                    "DiSNI, the RDMA library, may not use what it needs of the JDK: start the JVM with --add-exports"
                            + " java.base/sun.nio.ch=ALL-UNNAMED",
                    e);
        } catch (LinkageError e) {
            throw missing(
                    "transport.rdma.library",
                    "the native library can't be loaded: " + e.getMessage()
                            + ": on Debian: apt-get install libibverbs1 librdmacm1 ibverbs-providers; where the temporary"
                            + " directory is mounted noexec, name another by -Djava.io.tmpdir",
                    e);
        } catch (IOException e) {
            String code = loader == null ? "transport.rdma.library" : "transport.rdma.device";
            throw missing(code, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Opens the device that a transport's settings name, and registers its memory.
     *
     * @throws TransportException as {@link #require}, and where the memory can't be registered
     */
    static synchronized DataPathProvider open(TransportContext context) throws TransportException {
        require();
        try {
            Class<?> type = Objects.requireNonNull(loader).loadClass(PROVIDER);
            return (DataPathProvider)
                    type.getConstructor(TransportContext.class).newInstance(context);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof TransportException failure) {
                throw failure;
            }
            throw new LinkageError("the device could not be opened: " + e.getCause(), e);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the classes of transport-rdma are not of one version: " + e, e);
        }
    }

    private static TransportException missing(String code, String reason, Throwable cause) {
        return new TransportException(Kind.RESOURCES, code, "no RDMA here: " + reason, cause);
    }

    @GuardedBy("RdmaSupport.class")
    private static void probe() throws IOException {
        DisniLoader opened = loader;
        if (opened != null) {
            call(opened);
            return;
        }
        opened = DisniLoader.open();
        boolean linked = false;
        try {
            call(opened);
            linked = true;
        } catch (IOException e) {
            linked = true;
            throw e;
        } finally {
            // Where linking failed the next attempt is to be a whole one: someone may have installed what was missing.
            if (linked) {
                loader = opened;
            }
            opened.deleteLibrary();
        }
    }

    private static void call(DisniLoader opened) throws IOException {
        try {
            ((Callable<?>) opened.loadClass(PROBE).getDeclaredConstructor().newInstance()).call();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new LinkageError("the classes of transport-rdma are not of one version: " + e, e);
        }
    }
}
