// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.store.sst.CompressionType;

/**
 * What is written in one run, and the options that both sides share: db_bench's {@code fillrandom}.
 *
 * @param num keys are drawn from [0, num); so many puts are made by all writers together
 * @param keySize bytes of a key, 8 or more
 * @param valueSize bytes of a value
 * @param writers threads
 * @param columnFamilies a key lies in the column family that is its number modulo this
 * @param compression of the SSTs, on both sides
 * @param writeBufferSize bytes
 * @param maxWriteBufferNumber memtables of a column family
 * @param dbWriteBufferSize bytes, of all memtables
 * @param delayedWriteRate bytes per second while writes are slowed
 * @param maxBackgroundFlushes threads that flush on this machine
 * @param bloomBits bits a key of the SSTs' filters, 0 for none
 */
record Load(
        long num,
        int keySize,
        int valueSize,
        int writers,
        int columnFamilies,
        CompressionType compression,
        long writeBufferSize,
        int maxWriteBufferNumber,
        long dbWriteBufferSize,
        long delayedWriteRate,
        int maxBackgroundFlushes,
        int bloomBits) {

    Load {
        atLeast("--num", num, writers);
        atLeast("--key-size", keySize, Keys.NUMBER_LENGTH);
        atLeast("--value-size", valueSize, 0);
        atLeast("--writers", writers, 1);
        atLeast("--column-families", columnFamilies, 1);
    }

    /** Puts of one writer; as with db_bench's {@code --writes}, what can't be shared out evenly is left out. */
    long putsOfWriter() {
        return num / writers;
    }

    /** Puts of all writers. */
    long puts() {
        return putsOfWriter() * writers;
    }

    private static void atLeast(String option, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(option + "=" + value + " is below " + least);
        }
    }
}
