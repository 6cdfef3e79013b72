// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.store.base.StoreException;
import java.io.IOException;

/**
 * What a load writes, and what must therefore be read back. Each writer has a part of its own, chosen by key, so that
 * the last of several values of a key is well known. A part is written, and later checked, by one thread.
 */
interface Workload {
    /** Takes one entry; the arrays are the workload's own, and change after the call. */
    @FunctionalInterface
    interface EntryConsumer {
        /** Returns false where no more are wanted, and this one was not taken. */
        boolean accept(int columnFamily, byte[] key, byte[] value) throws StoreException;
    }

    /** Entries in all, 0 where that is not known yet; for progress. */
    long expectedEntries();

    /**
     * Hands out the entries of a part, in order, until they or the consumer end.
     */
    void write(int part, EntryConsumer consumer) throws IOException, InterruptedException;

    /** Hands out, once for each key that {@link #write} has handed out in this part, the last value. */
    void check(int part, EntryConsumer consumer) throws IOException, InterruptedException;

    /** Runs beside the writers or checkers where the workload has one source for all parts; ends when it is exhausted. */
    default void feed() throws IOException, InterruptedException {}

    /** Ends what {@link #feed} hands out, since a consumer failed. */
    default void stop() {}
}
