// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.Values;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Reads a filled store back and counts what is wrong.
 *
 * @param entries entries read that were as they should be
 * @param missing keys written but not there
 * @param wrong entries that nobody wrote, that are out of order or in the wrong column family, or have another value
 */
record Verification(long entries, long missing, long wrong) {

    /** Compares each entry of each column family with what {@link Fill} wrote with the same arguments. */
    static Verification of(FillTarget target, Load load, Values values, long seed) throws Exception {
        BitSet missing = Keys.expected(load, seed);
        Check check = new Check(load, values, missing);
        for (int columnFamily = 0; columnFamily < load.columnFamilies(); columnFamily++) {
            check.begin(columnFamily);
            target.scan(columnFamily, check);
        }
        return new Verification(check.right, missing.cardinality(), check.wrong);
    }

    /** Whether all that was written was read, and nothing else. */
    boolean holds() {
        return missing == 0 && wrong == 0;
    }

    private static final class Check implements FillTarget.EntryVisitor {
        private final Load load;
        private final Values values;
        private final BitSet missing;
        private final ByteBuffer expectedKey;
        private int columnFamily;
        private long last;
        private long right;
        private long wrong;

        Check(Load load, Values values, BitSet missing) {
            this.load = load;
            this.values = values;
            this.missing = missing;
            this.expectedKey = ByteBuffer.wrap(Keys.template(load.keySize()));
        }

        void begin(int nextColumnFamily) {
            columnFamily = nextColumnFamily;
            last = -1;
        }

        @Override
        public void entry(ByteBuffer key, ByteBuffer value) {
            if (isRight(key, value)) {
                right++;
            } else {
                wrong++;
            }
        }

        private boolean isRight(ByteBuffer key, ByteBuffer value) {
            if (key.remaining() != load.keySize()) {
                return false;
            }
            long number = key.getLong(key.position());
            Keys.setNumber(expectedKey, number);
            if (number <= last
                    || number >= load.num()
                    || number % load.columnFamilies() != columnFamily
                    || !key.equals(expectedKey)
                    || !missing.get((int) number)
                    || !values.matches(number, value)) {
                return false;
            }
            last = number;
            missing.clear((int) number);
            return true;
        }
    }
}
