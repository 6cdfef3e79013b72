// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A storage, as HDFS, whose calls an interrupt of the calling thread ends, and a writer that has to make its log itself. */
@Timeout(60)
class InterruptedLogTest {
    private static final DBOptions OPTIONS = DBOptions.builder()
            .createIfMissing(true)
            .avoidFlushDuringShutdown(true)
            .build();

    private final MemoryStorage memory = new MemoryStorage("interrupted");
    private final AtomicInteger interrupts = new AtomicInteger();
    private volatile String interruptAt = "";
    private volatile boolean takesEffect;
    private volatile boolean preparesNone;
    private volatile boolean alwaysInterrupted;

    @ParameterizedTest
    @ValueSource(strings = {"", "create", "rename", "syncDirectory", "rename, done"})
    void shouldMakeANewLogThoughItsThreadIsInterrupted(String call) throws Exception {
        try (Store store = Store.open(OPTIONS, storage(), List.of())) {
            preparesNone = true;
            store.put(bytes("before"), bytes("v"));
            store.flush(FlushOptions.DEFAULT);
            List<String> logs = logs();
            takesEffect = call.endsWith("done");
            interruptAt = call.replace(", done", "");
            if (call.isEmpty()) {
                Thread.currentThread().interrupt();
            }
            store.put(bytes("interrupted"), bytes("v"));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(interrupts.get()).isEqualTo(call.isEmpty() ? 0 : 1);
            assertThat(logs()).isNotEqualTo(logs);
            store.put(
                    store.defaultColumnFamily(),
                    WriteOptions.builder().sync(true).build(),
                    bytes("after"),
                    bytes("v"));
            try (Store left = Store.open(OPTIONS, memory.crashClone(), List.of())) {
                assertThat(left.get(bytes("before"))).isNotNull();
                assertThat(left.get(bytes("interrupted"))).isNotNull();
                assertThat(left.get(bytes("after"))).isNotNull();
            }
        }
    }

    @Test
    void shouldFailAWriteWhereEachCallForANewLogSaysThatItWasInterrupted() throws Exception {
        try (Store store = Store.open(OPTIONS, storage(), List.of())) {
            alwaysInterrupted = true; // in the background too, whose attempt may come first
            store.put(bytes("before"), bytes("v"));
            store.flush(FlushOptions.DEFAULT);
            assertThatThrownBy(() -> store.put(bytes("fails"), bytes("v"))).hasMessageContaining("call interrupted");
            var unused = Thread.interrupted();
            alwaysInterrupted = false;
            store.put(bytes("after"), bytes("v")); // the log before is sound
            assertThat(store.get(bytes("fails"))).isNull();
            assertThat(store.get(bytes("after"))).isNotNull();
        }
    }

    private List<String> logs() throws IOException {
        return memory.list("").stream().filter(name -> name.endsWith(".log")).toList();
    }

    private Storage storage() {
        return (Storage) Proxy.newProxyInstance(
                Storage.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                    boolean ofLog = arguments != null
                            && (String.valueOf(arguments[0]).endsWith(".log")
                                    || method.getName().equals("syncDirectory"));
                    boolean inBackground = Thread.currentThread().getName().startsWith("sluice-");
                    if (preparesNone
                            && ofLog
                            && inBackground
                            && method.getName().equals("create")) {
                        throw new IOException("no log is prepared");
                    }
                    if (alwaysInterrupted && ofLog && method.getName().equals("create")) {
                        throw new InterruptedIOException("call interrupted");
                    }
                    boolean interrupted = Thread.currentThread().isInterrupted();
                    if (ofLog && !inBackground && method.getName().equals(interruptAt)) {
                        interruptAt = "";
                        interrupts.incrementAndGet();
                        interrupted = true;
                        if (takesEffect) {
                            invoke(method, arguments);
                        }
                        Thread.currentThread().interrupt();
                    }
                    if (interrupted) {
                        throw new InterruptedIOException("call interrupted");
                    }
                    return invoke(method, arguments);
                });
    }

    private Object invoke(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(memory, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
