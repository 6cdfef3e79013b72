// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;
import java.io.IOException;

/**
 * Calls on the paths of a tree, whose failures get the store's names. For implementations of {@link Storage}. Safe for
 * concurrent use.
 *
 * @param <P> the tree's paths
 */
public final class PathCalls<P> {
    private final Translation translation;

    /** Names failures, as {@link StorageErrors#translate} does. */
    @FunctionalInterface
    public interface Translation {
        /** The store's error for what an action on a file ended in. */
        StoreException of(String action, String file, IOException e);
    }

    /** What is done with a path. */
    @FunctionalInterface
    public interface Call<P, T> {
        /** Does it. */
        T on(P path) throws IOException;
    }

    /** As {@link Call}, without a result. */
    @FunctionalInterface
    public interface Action<P> {
        /** Does it. */
        void on(P path) throws IOException;
    }

    /** Calls whose failures {@code translation} names. */
    public PathCalls(Translation translation) {
        this.translation = translation;
    }

    /**
     * Calls.
     *
     * @param action what is tried, for the error: {@code create}
     */
    public <T> T call(String action, P path, Call<P, T> call) throws StoreException {
        try {
            return call.on(path);
        } catch (IOException e) {
            throw translation.of(action, path.toString(), e);
        }
    }

    /** As {@link #call}, without a result. */
    public void run(String action, P path, Action<P> call) throws StoreException {
        try {
            call.on(path);
        } catch (IOException e) {
            throw translation.of(action, path.toString(), e);
        }
    }
}
