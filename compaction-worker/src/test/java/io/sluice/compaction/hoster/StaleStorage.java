// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** What a client of NFS may see: files that others have made are not there for some looks, then short for some. */
final class StaleStorage {
    private final Storage storage;
    private final Predicate<String> isLate;
    private final int absent;
    private final int cut;
    private final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();
    /** Files that were asked for before they could be seen whole. */
    final AtomicInteger lateFiles = new AtomicInteger();

    /**
     * A view.
     *
     * @param isLate which names are seen late
     * @param absent how often such a file is not there when it is looked for
     * @param cut how often it is short then
     */
    StaleStorage(Storage storage, Predicate<String> isLate, int absent, int cut) {
        this.storage = storage;
        this.isLate = isLate;
        this.absent = absent;
        this.cut = cut;
    }

    Storage view() {
        return (Storage)
                Proxy.newProxyInstance(StaleStorage.class.getClassLoader(), new Class<?>[] {Storage.class}, this::call);
    }

    private @Nullable Object call(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        if (arguments != null && arguments.length == 1 && arguments[0] instanceof String name && isLate.test(name)) {
            switch (method.getName()) {
                case "open" -> {
                    int look = look(name);
                    if (look < absent) {
                        throw new StoreException(Kind.NOT_FOUND, "storage.not-found", name + " is not there yet");
                    }
                    ReadableFile file = storage.open(name);
                    return look < absent + cut ? new Cut(file) : file;
                }
                case "exists" -> {
                    return look(name) >= absent && storage.exists(name);
                }
                case "length" -> {
                    int look = look(name);
                    if (look < absent) {
                        throw new StoreException(Kind.NOT_FOUND, "storage.not-found", name + " is not there yet");
                    }
                    return look < absent + cut ? storage.length(name) / 2 : storage.length(name);
                }
                default -> {
                    // as it is
                }
            }
        }
        try {
            return method.invoke(storage, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private int look(String name) {
        int look = seen.computeIfAbsent(name, file -> new AtomicInteger()).getAndIncrement();
        if (look == 0) {
            lateFiles.incrementAndGet();
        }
        return look;
    }

    private record Cut(ReadableFile file) implements ReadableFile {
        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long length() {
            return file.length() / 2;
        }

        @Override
        public void read(long position, MutableDirectBuffer target, int offset, int length) throws IOException {
            file.read(position, target, offset, length);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
