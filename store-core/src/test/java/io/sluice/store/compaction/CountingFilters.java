// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.StoreException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/**
 * Removes values that end with a digit which its state tells, changes those that end with the next, and reports how many
 * values it was asked about.
 */
public final class CountingFilters implements StatefulCompactionFilterFactory {
    private final char removed;
    private long asked;
    private int reports;

    /** A store's instance. */
    public CountingFilters(char removed) {
        this.removed = removed;
    }

    /** What the reports came to. */
    public synchronized long asked() {
        return asked;
    }

    /** How many came. */
    public synchronized int reports() {
        return reports;
    }

    @Override
    public String name() {
        return "CountingFilters";
    }

    @Override
    public CompactionFilter create() {
        throw new AssertionError("filters are made of a job's state");
    }

    @Override
    public byte[] state() {
        return new byte[] {(byte) removed};
    }

    @Override
    public CompactionFilter create(byte[] state) throws StoreException {
        if (state.length != 1) {
            throw StoreException.invalid("test.state", "a state of " + state.length + " bytes");
        }
        return new Filter((char) state[0]);
    }

    @Override
    public synchronized void accept(byte[] report) {
        asked += ByteBuffer.wrap(report).getLong();
        reports++;
    }

    private static final class Filter implements CompactionFilter {
        private final char removed;
        private long asked;

        Filter(char removed) {
            this.removed = removed;
        }

        @Override
        public String name() {
            return "CountingFilter";
        }

        @Override
        public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
            asked++;
            int last = value.capacity() == 0 ? 0 : value.getByte(value.capacity() - 1);
            if (last == removed) {
                return Decision.REMOVE;
            }
            return last == removed + 1 && kind == Kind.VALUE
                    ? Decision.changeValue(new byte[] {'c', 'h', 'a', 'n', 'g', 'e', 'd'})
                    : Decision.KEEP;
        }

        @Override
        public byte[] takeReport() {
            byte[] report = asked == 0
                    ? new byte[0]
                    : ByteBuffer.allocate(Long.BYTES).putLong(asked).array();
            asked = 0;
            return report;
        }
    }
}
