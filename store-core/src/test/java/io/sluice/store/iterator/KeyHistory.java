// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** All that was written to a store, in order, and so what each reader must find. Operands are joined by commas. */
public final class KeyHistory {
    private static final int KEYS = 40;

    private final List<Write> writes = new ArrayList<>();
    private final Set<String> putOnce = new HashSet<>();

    /**
     * A write.
     *
     * @param value the operand of a merge, the end of a range deletion, empty for other deletions
     */
    public record Write(long sequence, byte type, String key, String value) {}

    public KeyHistory() {}

    /** All writes, oldest first. */
    public List<Write> writes() {
        return writes;
    }

    /**
     * Adds a random write of the next sequence number. Keys are {@code k00} to {@code k39}, and {@code s0} to {@code s4},
     * which are put and single-deleted in turn.
     */
    public Write addRandom(Random random, boolean withRanges) {
        long sequence = writes.size() + 1L;
        Write write = random.nextInt(8) == 0 ? single(sequence, random) : plain(sequence, random, withRanges);
        writes.add(write);
        return write;
    }

    /** What a reader at a sequence number finds. */
    public NavigableMap<String, String> at(long sequence) {
        return replay(writes, sequence);
    }

    /** What a reader at a sequence number finds of these writes, oldest first. */
    public static NavigableMap<String, String> replay(List<Write> writes, long sequence) {
        TreeMap<String, String> found = new TreeMap<>();
        for (Write write : writes) {
            if (write.sequence() > sequence) {
                continue;
            }
            switch (write.type()) {
                case ValueType.VALUE -> found.put(write.key(), write.value());
                case ValueType.MERGE -> found.merge(write.key(), write.value(), (a, b) -> a + "," + b);
                case ValueType.RANGE_DELETION -> {
                    if (write.key().compareTo(write.value()) < 0) {
                        found.subMap(write.key(), write.value()).clear();
                    }
                }
                default -> found.remove(write.key());
            }
        }
        return found;
    }

    private Write single(long sequence, Random random) {
        String key = "s" + random.nextInt(5);
        if (putOnce.remove(key)) {
            return new Write(sequence, ValueType.SINGLE_DELETION, key, "");
        }
        putOnce.add(key);
        return new Write(sequence, ValueType.VALUE, key, "v" + sequence);
    }

    private static Write plain(long sequence, Random random, boolean withRanges) {
        String key = key(random);
        int kind = random.nextInt(withRanges ? 12 : 11);
        if (kind < 5) {
            return new Write(sequence, ValueType.VALUE, key, "v" + sequence + "-".repeat(random.nextInt(100)));
        } else if (kind < 8) {
            return new Write(sequence, ValueType.DELETION, key, "");
        } else if (kind < 11) {
            return new Write(sequence, ValueType.MERGE, key, "m" + sequence);
        }
        String other = key(random);
        boolean inOrder = key.compareTo(other) <= 0;
        return new Write(sequence, ValueType.RANGE_DELETION, inOrder ? key : other, inOrder ? other : key);
    }

    /** One of the keys that every write but single deletions may have. */
    public static String key(Random random) {
        return String.format("k%02d", random.nextInt(KEYS));
    }

    /** A key, or one between keys. */
    public static String target(Random random) {
        return random.nextInt(10) == 0 ? "s" + random.nextInt(6) : key(random) + (random.nextBoolean() ? "" : "x");
    }

    /** All keys that a write may have, and one more. */
    public static List<String> keys() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(String.format("k%02d", i));
        }
        for (int i = 0; i < 6; i++) {
            keys.add("s" + i);
        }
        return keys;
    }
}
