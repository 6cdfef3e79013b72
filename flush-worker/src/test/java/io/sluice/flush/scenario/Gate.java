// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.flush.worker.StorageOpener;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A storage that does something of a test's own before or after one of its calls. */
final class Gate {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    /** What happens around a call. */
    @FunctionalInterface
    interface Around {
        /** Called with the method's name; {@code call} does the call. */
        Object call(String method, Object[] arguments, Call call) throws Exception;
    }

    /** The call itself. */
    @FunctionalInterface
    interface Call {
        Object run() throws Exception;
    }

    /** A worker's storages, with something around each call. */
    static StorageOpener around(Around around) {
        return uri -> wrap(Storages.open(uri, Map.of()), around);
    }

    private static Storage wrap(Storage storage, Around around) {
        return (Storage) Proxy.newProxyInstance(
                Gate.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                    Object[] given = arguments == null ? new Object[0] : arguments;
                    return around.call(method.getName(), given, () -> {
                        try {
                            return method.invoke(storage, given);
                        } catch (InvocationTargetException e) {
                            if (e.getCause() instanceof Exception cause) {
                                throw cause;
                            }
                            throw e;
                        }
                    });
                });
    }

    /** Holds the creation of SSTs until {@link #open}. */
    StorageOpener holdingTables() {
        return around((method, arguments, call) -> {
            if (method.equals("create") && arguments[0].toString().endsWith(".sst")) {
                pass();
            }
            return call.run();
        });
    }

    void pass() throws IOException, InterruptedException {
        reached.countDown();
        if (!opened.await(30, TimeUnit.SECONDS)) {
            throw new IOException("the test never opened the gate");
        }
    }

    void awaitReached() throws InterruptedException {
        if (!reached.await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody came to the gate");
        }
    }

    void open() {
        opened.countDown();
    }
}
