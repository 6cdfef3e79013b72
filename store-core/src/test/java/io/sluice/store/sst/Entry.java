// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.InternalKeyOrder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** An entry of a table, for tests. */
public record Entry(Slice key, Slice value) {
    /** By internal key. */
    public static final Comparator<Entry> ORDER =
            Comparator.comparing(e -> e.key().buffer(), new InternalKeyOrder(BytewiseComparator.INSTANCE));

    /** An entry of any type. */
    public static Entry of(byte[] userKey, long sequence, byte type, byte[] value) {
        byte[] key = InternalKey.encode(new UnsafeBuffer(userKey), InternalKey.trailer(sequence, type));
        return new Entry(Slice.wrap(key), Slice.wrap(value));
    }

    /** A value of text. */
    public static Entry put(String userKey, long sequence, String value) {
        return of(
                userKey.getBytes(StandardCharsets.UTF_8),
                sequence,
                ValueType.VALUE,
                value.getBytes(StandardCharsets.UTF_8));
    }

    /** The internal key that seeks a user key at a sequence number. */
    public static DirectBuffer seekKey(byte[] userKey, long sequence) {
        return new UnsafeBuffer(
                InternalKey.encode(new UnsafeBuffer(userKey), InternalKey.trailer(sequence, ValueType.FOR_SEEK)));
    }

    byte[] userKey() {
        byte[] internal = key.toByteArray();
        return java.util.Arrays.copyOf(internal, internal.length - InternalKey.TRAILER_LENGTH);
    }

    /** Sorted entries of keys that share prefixes, several versions of some, values of all lengths. */
    public static List<Entry> random(Random random, int count, int maxValue) {
        TreeSet<Entry> entries = new TreeSet<>(ORDER);
        long sequence = 1;
        byte[] userKey = new byte[0];
        while (entries.size() < count) {
            if (entries.isEmpty() || random.nextInt(4) != 0) {
                userKey = randomKey(random);
            }
            byte[] value = new byte[random.nextInt(10) == 0 ? random.nextInt(maxValue + 1) : random.nextInt(40)];
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) "aaaaabcd".charAt(random.nextInt(8));
            }
            byte type = switch (random.nextInt(8)) {
                case 0 -> ValueType.DELETION;
                case 1 -> ValueType.MERGE;
                case 2 -> ValueType.SINGLE_DELETION;
                default -> ValueType.VALUE;
            };
            boolean isDeletion = type == ValueType.DELETION || type == ValueType.SINGLE_DELETION;
            entries.add(of(userKey, sequence++, type, isDeletion ? new byte[0] : value));
        }
        return new ArrayList<>(entries);
    }

    /** Mostly short keys of few letters; some long enough for each of the hash's branches. */
    static byte[] randomKey(Random random) {
        int length = random.nextInt(20) == 0 ? random.nextInt(1500) : random.nextInt(24);
        byte[] key = new byte[length];
        for (int i = 0; i < length; i++) {
            key[i] = (byte) (random.nextInt(50) == 0 ? random.nextInt(256) : 'a' + random.nextInt(3));
        }
        return key;
    }

    /** A table of these entries. */
    public static byte[] table(List<Entry> entries, TableOptions options) throws IOException {
        return table(entries, options, TestIdentity.LOCAL);
    }

    static byte[] table(List<Entry> entries, TableOptions options, TableIdentity identity) throws IOException {
        ArrayFile file = new ArrayFile();
        try (TableWriter writer = new TableWriter(file, options, identity)) {
            for (Entry entry : entries) {
                writer.add(entry.key().buffer(), entry.value().buffer());
            }
            writer.finish();
        }
        return file.toByteArray();
    }

    /** All entries of a table. */
    static List<Entry> read(byte[] table) throws IOException {
        return read(table, BytewiseComparator.INSTANCE);
    }

    static List<Entry> read(byte[] table, KeyComparator comparator) throws IOException {
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), comparator)) {
            return readAll(reader);
        }
    }

    static List<Entry> readAll(TableReader reader) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (InternalIterator iterator = reader.iterator()) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                entries.add(here(iterator));
            }
        }
        return entries;
    }

    public static Entry here(InternalIterator iterator) {
        return new Entry(Slice.copyOf(iterator.key()), Slice.copyOf(iterator.value()));
    }
}
