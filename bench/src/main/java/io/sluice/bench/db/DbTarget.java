// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.nio.ByteBuffer;

/** A store under test, which several threads use. Buffers are direct; a call may move their positions. */
interface DbTarget extends AutoCloseable {
    /** Sets a key. */
    void put(ByteBuffer key, ByteBuffer value) throws Exception;

    /** Removes a key. */
    void delete(ByteBuffer key) throws Exception;

    /** Copies a key's value into a buffer; its length, or below 0 where it is not there. */
    int get(ByteBuffer key, ByteBuffer value) throws Exception;

    /** An iterator for one thread. */
    Cursor cursor() throws Exception;

    /** Compacts everything. */
    void compact() throws Exception;

    /** Its own counters, for people. */
    String stats() throws Exception;

    @Override
    void close() throws Exception;

    /** Opens stores. */
    interface Opener {
        /**
         * Opens the store in the flags' directory.
         *
         * @param fresh without what is in it
         */
        DbTarget open(boolean fresh) throws Exception;
    }

    /** Walks a store's keys. */
    interface Cursor extends AutoCloseable {
        boolean isValid();

        void seekToFirst() throws Exception;

        void seekToLast() throws Exception;

        void seek(ByteBuffer key) throws Exception;

        void next() throws Exception;

        void prev() throws Exception;

        /** Copies the key here into a buffer; its length. */
        int key(ByteBuffer target) throws Exception;

        /** As {@link #key}, with the value. */
        int value(ByteBuffer target) throws Exception;

        @Override
        void close();
    }
}
