// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.flush.worker.StorageOpener;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import io.sluice.store.storage.WritableFile;
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

    /** What happens before a file is synced. */
    @FunctionalInterface
    interface BeforeSync {
        void sync(String name) throws Exception;
    }

    /** A storage, with something before each sync of one of its files. */
    static Storage aroundSyncs(Storage storage, BeforeSync before) {
        return wrap(storage, (method, arguments, call) -> {
            Object result = call.run();
            return method.equals("create")
                    ? wrap(WritableFile.class, (WritableFile) result, (fileMethod, given, fileCall) -> {
                        if (fileMethod.equals("sync")) {
                            before.sync(arguments[0].toString());
                        }
                        return fileCall.run();
                    })
                    : result;
        });
    }

    /** A storage, with something around each call. */
    static Storage wrap(Storage storage, Around around) {
        return wrap(Storage.class, storage, around);
    }

    private static <T> T wrap(Class<T> type, T target, Around around) {
        return type.cast(Proxy.newProxyInstance(
                Gate.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object[] given = arguments == null ? new Object[0] : arguments;
                    return around.call(method.getName(), given, () -> {
                        try {
                            return method.invoke(target, given);
                        } catch (InvocationTargetException e) {
                            if (e.getCause() instanceof Exception cause) {
                                throw cause;
                            }
                            throw e;
                        }
                    });
                }));
    }

    private static boolean createsTable(String method, Object[] arguments) {
        return method.equals("create") && arguments[0].toString().endsWith(".sst");
    }

    /** Holds the creation of SSTs until {@link #open}. */
    StorageOpener holdingTables() {
        return around((method, arguments, call) -> {
            if (createsTable(method, arguments)) {
                pass();
            }
            return call.run();
        });
    }

    /** Holds SSTs that have their first bytes until {@link #open}. */
    StorageOpener holdingBegunTables() {
        return around((method, arguments, call) -> {
            Object result = call.run();
            return createsTable(method, arguments)
                    ? wrap(WritableFile.class, (WritableFile) result, (fileMethod, given, fileCall) -> {
                        Object done = fileCall.run();
                        if (fileMethod.equals("append")) {
                            pass();
                        }
                        return done;
                    })
                    : result;
        });
    }

    void pass() throws IOException, InterruptedException {
        reached.countDown();
        if (!opened.await(2, TimeUnit.MINUTES)) {
            throw new IOException("the test never opened the gate");
        }
    }

    void awaitReached() throws InterruptedException {
        if (!reached.await(2, TimeUnit.MINUTES)) {
            throw new AssertionError("nobody came to the gate");
        }
    }

    void open() {
        opened.countDown();
    }
}
