// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.StoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Values that end some time after they were written, as RocksDB's {@code DBWithTTL} has them: four bytes behind the value
 * tell its time, in seconds since 1970, little-endian, until 2038. The program stamps what it puts and strips what it
 * gets; compactions drop what is too old, by {@link #filter}. Until then an old value is found still: {@link #written}
 * tells how old it is.
 */
public final class TimeToLive {
    /** The name of the factory that {@link #filter} gives. */
    public static final String FACTORY_NAME = "TtlCompactionFilterFactory";

    private static final int STAMP_LENGTH = Integer.BYTES;

    private TimeToLive() {}

    /** The value with the time at which it was written behind it. */
    public static byte[] stamp(byte[] value, Instant written) {
        byte[] stamped = Arrays.copyOf(value, value.length + STAMP_LENGTH);
        new UnsafeBuffer(stamped)
                .putInt(value.length, Math.toIntExact(written.getEpochSecond()), ByteOrder.LITTLE_ENDIAN);
        return stamped;
    }

    /**
     * The value without its time.
     *
     * @throws StoreException {@code CORRUPTION} where it has none
     */
    public static byte[] strip(byte[] stamped) throws StoreException {
        check(stamped);
        return Arrays.copyOf(stamped, stamped.length - STAMP_LENGTH);
    }

    /**
     * When the value was written.
     *
     * @throws StoreException {@code CORRUPTION} where it has no time
     */
    public static Instant written(byte[] stamped) throws StoreException {
        check(stamped);
        return Instant.ofEpochSecond(seconds(new UnsafeBuffer(stamped)));
    }

    /**
     * Drops values that were written longer ago than {@code ttl}, which counts in seconds; those without a time stay. For
     * {@link ColumnFamilyOptions.Builder#compactionFilterFactory}.
     */
    public static CompactionFilterFactory filter(Duration ttl, InstantSource clock) {
        if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException("ttl=" + ttl + " is not above 0");
        }
        return new Factory(ttl.toSeconds(), clock);
    }

    /**
     * The factory called {@link #FACTORY_NAME} in a process that has no store: it makes filters of jobs' states, which tell what is too old,
     * so the clock there does not matter.
     */
    public static CompactionFilterFactory filterOfJobs() {
        return new Factory(0, InstantSource.system());
    }

    private record Factory(long ttlSeconds, InstantSource clock) implements StatefulCompactionFilterFactory {
        @Override
        public String name() {
            return FACTORY_NAME;
        }

        @Override
        public CompactionFilter create() {
            return new Filter(oldestSeconds());
        }

        @Override
        public byte[] state() {
            return ByteBuffer.allocate(Long.BYTES).putLong(oldestSeconds()).array();
        }

        @Override
        public CompactionFilter create(byte[] state) throws StoreException {
            if (state.length != Long.BYTES) {
                throw StoreException.invalid(
                        "ttl.state", FACTORY_NAME + ": the state has " + state.length + " bytes, expected 8");
            }
            return new Filter(ByteBuffer.wrap(state).getLong());
        }

        @Override
        public void accept(byte[] report) {
            // Its filters find nothing that it could learn from.
        }

        private long oldestSeconds() {
            return clock.instant().getEpochSecond() - ttlSeconds;
        }
    }

    private record Filter(long oldestSeconds) implements CompactionFilter {
        @Override
        public String name() {
            return "TtlCompactionFilter";
        }

        @Override
        public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
            return value.capacity() >= STAMP_LENGTH && seconds(value) < oldestSeconds ? Decision.REMOVE : Decision.KEEP;
        }
    }

    private static int seconds(DirectBuffer stamped) {
        return stamped.getInt(stamped.capacity() - STAMP_LENGTH, ByteOrder.LITTLE_ENDIAN);
    }

    private static void check(byte[] stamped) throws StoreException {
        if (stamped.length < STAMP_LENGTH) {
            throw StoreException.corruption(
                    "ttl.stamp",
                    "a value of " + stamped.length + " bytes has no time of " + STAMP_LENGTH + " bytes behind it");
        }
    }
}
