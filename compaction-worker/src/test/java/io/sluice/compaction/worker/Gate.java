// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.store.storage.Storage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.Semaphore;

/** A storage whose files can be created only as often as the gate lets through. */
final class Gate {
    private final Semaphore passes = new Semaphore(0);

    void let(int creations) {
        passes.release(creations);
    }

    void open() {
        passes.release(1_000_000);
    }

    Storage before(Storage storage) {
        return intercept(storage, "create", passes::acquire);
    }

    static Storage onClose(Storage storage, Runnable action) {
        return intercept(storage, "close", action::run);
    }

    private interface Action {
        void run() throws InterruptedException;
    }

    private static Storage intercept(Storage storage, String name, Action before) {
        return (Storage) Proxy.newProxyInstance(
                Gate.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals(name)) {
                        before.run();
                    }
                    try {
                        return method.invoke(storage, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
