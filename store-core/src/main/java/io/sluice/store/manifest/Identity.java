// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import java.util.UUID;
import java.util.random.RandomGenerator;

/** The ids of stores and of their openings, in RocksDB's forms. */
public final class Identity {
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    /** Characters of a session id: {@code EncodeSessionId} in RocksDB's table/unique_id.cc. */
    private static final int SESSION_ID_LENGTH = 20;

    private Identity() {}

    /** A store's id: a random UUID. */
    public static String newDbId(RandomGenerator random) {
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
        return new UUID(high, low).toString();
    }

    /** The id of one opening of a store: 20 digits of base 36. */
    public static String newSessionId(RandomGenerator random) {
        StringBuilder id = new StringBuilder(SESSION_ID_LENGTH);
        for (int i = 0; i < SESSION_ID_LENGTH; i++) {
            id.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
        }
        return id.toString();
    }
}
