// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An open store, Sluice's or RocksDB's. Column families go by name. Closing it releases its snapshots and cursors. */
interface Engine extends AutoCloseable {
    /** Writes a batch. */
    void write(List<Write> batch, boolean sync, boolean log) throws Exception;

    /** A snapshot. */
    AutoCloseable snapshot() throws Exception;

    /** The values of keys, null where there is none. */
    List<@Nullable String> get(String family, List<String> keys, @Nullable AutoCloseable snapshot) throws Exception;

    /** A cursor over all keys. */
    Cursor cursor(String family, @Nullable AutoCloseable snapshot) throws Exception;

    /** The length of a column family's prefixes, or -1 where it has no extractor. */
    int prefixLength(String family);

    /** A cursor that need find no more than the keys with the prefix of what it seeks. */
    Cursor prefixCursor(String family) throws Exception;

    void flush(List<String> families) throws Exception;

    /** Compacts a range, both bounds included; all where {@code from} is null. */
    void compact(String family, @Nullable String from, @Nullable String to) throws Exception;

    void createFamily(FamilyPlan plan) throws Exception;

    void dropFamily(String family) throws Exception;

    /** Takes puts of ascending keys in by a file that was made outside: false where it can't. */
    boolean ingest(String family, List<Write> puts, Path file) throws Exception;

    /** Reads every block. */
    void verify() throws Exception;

    /** Nothing changes the directory any more, and all that was written is in its files: it can be copied. */
    void standStill() throws Exception;

    @Override
    void close() throws Exception;

    /** Moves over a column family. */
    interface Cursor extends AutoCloseable {
        boolean isValid() throws Exception;

        String key();

        String value();

        void seekToFirst() throws Exception;

        void seekToLast() throws Exception;

        void seek(String key) throws Exception;

        void seekForPrev(String key) throws Exception;

        void next() throws Exception;

        void prev() throws Exception;

        @Override
        void close();
    }
}
