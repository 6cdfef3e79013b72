// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.StoreIterator;
import io.sluice.store.base.StoreException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What neighbouring keys of one column family have. */
final class Range {
    private static final int MOVES = 12;

    private final KeySpace space;
    private final int family;
    private final int from;
    private final long[][] states;

    /** A range of keys; {@code states} are those of the keys from {@code from} on. */
    Range(KeySpace space, int family, int from, long[][] states) {
        this.space = space;
        this.family = family;
        this.from = from;
        this.states = states;
    }

    KeySpace space() {
        return space;
    }

    int family() {
        return family;
    }

    int from() {
        return from;
    }

    /** Keys in it. */
    int length() {
        return states.length;
    }

    private int to() {
        return from + states.length;
    }

    /** Holds what a get returned against what the key has. */
    void checkGet(int key, byte @Nullable [] value) throws Finding {
        long[] found = value == null ? Change.ABSENT : parse(key, value);
        if (!Arrays.equals(found, states[key - from])) {
            throw wrong("a get", key, found);
        }
    }

    /** Walks an iterator over the range, forward, backward, or to and fro; returns the entries seen. */
    int walk(StoreIterator iterator, RandomGenerator random) throws StoreException, Finding {
        return switch (random.nextInt(3)) {
            case 0 -> forward(iterator, to());
            case 1 -> backward(iterator);
            default -> toAndFro(iterator, random);
        };
    }

    /** Walks from the first key on; below {@code end} the iterator must show what there is. */
    int forward(StoreIterator iterator, int end) throws StoreException, Finding {
        int entries = 0;
        iterator.seek(space.key(from));
        for (int key = present(from, end); key < end; key = present(key + 1, end)) {
            checkAt(iterator, key);
            entries++;
            iterator.next();
        }
        checkBeyond(iterator, end, true);
        return entries;
    }

    private int backward(StoreIterator iterator) throws StoreException, Finding {
        int entries = 0;
        iterator.seekForPrev(space.key(to() - 1));
        for (int key = presentBefore(to()); key >= from; key = presentBefore(key)) {
            checkAt(iterator, key);
            entries++;
            iterator.prev();
        }
        checkBeyond(iterator, from, false);
        return entries;
    }

    private int toAndFro(StoreIterator iterator, RandomGenerator random) throws StoreException, Finding {
        int at = -1;
        for (int i = 0; i < MOVES; i++) {
            int sought = from + random.nextInt(states.length);
            int move = at < 0 ? random.nextInt(2) : random.nextInt(6);
            if (move == 0) {
                at = present(sought, to());
                iterator.seek(space.key(sought));
            } else if (move == 1) {
                at = presentBefore(sought + 1);
                iterator.seekForPrev(space.key(sought));
            } else if (move <= 3) {
                at = present(at + 1, to());
                iterator.next();
            } else {
                at = presentBefore(at);
                iterator.prev();
            }
            if (at < from || at >= to()) {
                // what is out there is not known
                at = -1;
            } else {
                checkAt(iterator, at);
            }
        }
        return MOVES;
    }

    /** The first key from one on that is there, or {@code end}. */
    private int present(int key, int end) {
        int at = key;
        while (at < end && states[at - from].length == 0) {
            at++;
        }
        return at;
    }

    /** The last key below another that is there, or one below {@code from}. */
    private int presentBefore(int key) {
        int at = key - 1;
        while (at >= from && states[at - from].length == 0) {
            at--;
        }
        return at;
    }

    private void checkAt(StoreIterator iterator, int key) throws Finding {
        if (!iterator.isValid()) {
            throw wrong("an iterator that has come to an end", key, Change.ABSENT);
        }
        int number = space.number(iterator.key());
        if (number != key) {
            throw new Finding("an iterator stands on key " + number + " of column family " + family
                    + ", expected it on key " + key + " with " + SurvivalCheck.text(states[key - from]));
        }
        long[] found = parse(key, iterator.value());
        if (!Arrays.equals(found, states[key - from])) {
            throw wrong("an iterator", key, found);
        }
    }

    private void checkBeyond(StoreIterator iterator, int end, boolean above) throws Finding {
        if (iterator.isValid()) {
            int number = space.number(iterator.key());
            if (above ? number < end : number >= end) {
                throw wrong("an iterator", number, parse(number, iterator.value()));
            }
        }
    }

    private long[] parse(int key, byte[] value) throws Finding {
        try {
            return Values.parse(value);
        } catch (Finding e) {
            throw new Finding("column family " + family + ", key " + key + ": " + e.getMessage());
        }
    }

    private Finding wrong(String reader, int key, long[] found) {
        return new Finding(reader + " shows " + SurvivalCheck.text(found) + " at key " + key + " of column family "
                + family + ", expected " + SurvivalCheck.text(states[key - from]));
    }
}
