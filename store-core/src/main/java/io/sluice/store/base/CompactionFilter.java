// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each key that a compaction passes and may drop or change it: RocksDB's {@code compaction_filter}. It sees the
 * newest version of a key, and merge operands that no snapshot sees. Whoever holds a snapshot may see its decisions too.
 * It must be a function of its arguments and of what it was created with. Used by one thread at a time.
 */
public interface CompactionFilter {
    /** The name by which a job names it to another process. */
    String name();

    /** What the entry is. */
    enum Kind {
        /** A value. */
        VALUE,
        /** An operand that could not be merged yet. */
        MERGE_OPERAND
    }

    /**
     * Decides on an entry. The views, whose capacities are the lengths, are valid during the call.
     *
     * @param level the level that is compacted into another
     */
    Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value);

    /**
     * What the filter found since it was last asked, for {@link StatefulCompactionFilterFactory#accept}; empty for nothing,
     * which is what a filter of any other factory says. Asked by the thread that uses the filter, whenever an output is
     * finished: where a later attempt goes on behind that output, each entry stands in one report nevertheless.
     *
     * @return at most {@link StatefulCompactionFilterFactory#MAX_STATE_LENGTH} bytes, an array that nobody changes
     *     afterwards
     */
    default byte[] takeReport() {
        return new byte[0];
    }

    /** What is done with an entry. */
    final class Decision {
        /** It stays. */
        public static final Decision KEEP = new Decision(null, null);
        /** It is deleted, and older versions with it. An operand alone vanishes. */
        public static final Decision REMOVE = new Decision(null, null);

        private final byte @Nullable [] newValue;
        private final byte @Nullable [] skipUntil;

        private Decision(byte @Nullable [] newValue, byte @Nullable [] skipUntil) {
            this.newValue = newValue;
            this.skipUntil = skipUntil;
        }

        /** It stays with another value, an array that nobody changes afterwards. */
        public static Decision changeValue(byte[] value) {
            return new Decision(value, null);
        }

        /**
         * It vanishes from this compaction's inputs, and with it all keys below {@code key}, without tombstones: older
         * versions elsewhere come to light again. Where {@code key} is not above the entry's key, the entry is kept.
         */
        public static Decision removeAndSkipUntil(byte[] key) {
            return new Decision(null, key);
        }

        /** The other value, or null. */
        public byte @Nullable [] newValue() {
            return newValue;
        }

        /** The first key that is not skipped, or null. */
        public byte @Nullable [] skipUntil() {
            return skipUntil;
        }
    }
}
