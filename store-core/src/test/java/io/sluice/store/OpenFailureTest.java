// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An opening that fails gives everything back, whatever it fails by. */
@Timeout(60)
class OpenFailureTest {
    private static final DBOptions OPTIONS = DBOptions.builder()
            .createIfMissing(true)
            .avoidFlushDuringShutdown(true)
            .build();
    private static final byte[] KEY = "key".getBytes(UTF_8);

    /** As where the JVM has no memory left. */
    private static final class InjectedError extends Error {
        private static final long serialVersionUID = 1;
    }

    @Test
    void shouldGiveEverythingBackWhereAnErrorEndsIt() throws Exception {
        MemoryStorage base = new MemoryStorage("open");
        try (Store store = Store.open(OPTIONS, base, List.of())) {
            store.put(KEY, KEY);
        }
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        int errors = 0;
        boolean reached = true;
        for (long index = 0; reached; index++) {
            MemoryStorage storage = base.killClone();
            FaultInjectingStorage faulty = new FaultInjectingStorage(storage);
            Set<String> logs = ConcurrentHashMap.newKeySet();
            boolean inOptions = false;
            try (Store store = Store.open(OPTIONS, failing(faulty, index, logs), List.of())) {
                assertThat(store.get(KEY)).isEqualTo(KEY); // it was no call that opening waits for
            } catch (InjectedError e) {
                errors++;
                inOptions = e.getStackTrace().length > 0 && isInOptions(e);
            } catch (StoreException wrapped) {
                assertThat(wrapped).hasStackTraceContaining(InjectedError.class.getSimpleName());
            }
            reached = faulty.calls() > index;
            if (inOptions) {
                assertThat(logs).as("logs that are open").isEmpty();
            }
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                assertThat(store.get(KEY)).isEqualTo(KEY);
            }
        }
        assertThat(errors).isGreaterThan(20);
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> !before.contains(thread))
                        .map(Thread::getName))
                .noneMatch(name -> name.startsWith("sluice-")));
    }

    private static boolean isInOptions(Throwable error) {
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getClassName().endsWith("StoreOptions")) {
                return true;
            }
        }
        return false;
    }

    /** {@code faulty}, which throws an error at one call; {@code logs} are those created and not closed. */
    private static FaultInjectingStorage failing(FaultInjectingStorage faulty, long index, Set<String> logs) {
        faulty.plan(call -> {
            if (call.name().endsWith(".log")) {
                if (call.operation() == Operation.CREATE) {
                    logs.add(call.name());
                } else if (call.operation() == Operation.CLOSE) {
                    logs.remove(call.name());
                }
            }
            if (call.index() == index) {
                throw new InjectedError();
            }
            return null;
        });
        return faulty;
    }
}
