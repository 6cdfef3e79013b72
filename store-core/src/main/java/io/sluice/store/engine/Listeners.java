// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners of events, one after the other, on a thread of their own. Safe for concurrent use. */
final class Listeners {
    private static final Logger LOGGER = LoggerFactory.getLogger(Listeners.class);

    private final List<? extends EngineListener> listeners;
    private final Executor executor;

    /** {@code executor} runs one task at a time. */
    Listeners(List<? extends EngineListener> listeners, Executor executor) {
        this.listeners = listeners;
        this.executor = executor;
    }

    void tell(Consumer<EngineListener> event) {
        if (listeners.isEmpty()) {
            return;
        }
        try {
            executor.execute(() -> listeners.forEach(listener -> tell(listener, event)));
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("an event after the store was closed is told to nobody");
        }
    }

    private static void tell(EngineListener listener, Consumer<EngineListener> event) {
        try {
            event.accept(listener);
        } catch (RuntimeException e) {
            LOGGER.warn("the listener {} failed", listener, e);
        }
    }
}
