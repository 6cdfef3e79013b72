// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import java.io.IOException;

/** Calls of the engine, whose errors are the store's. */
final class StoreCalls {
    private StoreCalls() {}

    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    @FunctionalInterface
    interface Call<T> {
        T run() throws IOException;
    }

    static void run(Action action) throws StoreException {
        call(() -> {
            action.run();
            return "";
        });
    }

    static <T> T call(Call<T> call) throws StoreException {
        try {
            return call.run();
        } catch (IOException e) {
            throw StoreException.wrap("store.failed", e);
        }
    }
}
