// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The properties of a table, by the names of {@link PropertyNames} and others. A value: equal where every property is.
 *
 * @param raw the values as they stand in the file; unmodifiable
 */
public record TableProperties(SortedMap<String, Slice> raw) {
    /** Takes the properties over; the map must not change afterwards. */
    public TableProperties {
        raw = Collections.unmodifiableSortedMap(raw);
    }

    /**
     * A number, as an unsigned 64-bit one; 0 where the property is missing.
     *
     * @throws StoreException {@code CORRUPTION} where it is no varint
     */
    public long number(String name) throws StoreException {
        Slice value = raw.get(name);
        return value == null ? 0 : new ByteReader("property " + name, value.buffer()).readVarint64();
    }

    /** A text; empty where the property is missing. */
    public String text(String name) {
        Slice value = raw.get(name);
        return value == null ? "" : new String(value.toByteArray(), StandardCharsets.UTF_8);
    }

    /** Entries of every kind. */
    public long entryCount() throws StoreException {
        return number(PropertyNames.NUM_ENTRIES);
    }

    /** Every property by name: numbers in decimal, texts as they are, what is neither in upper-case hex. */
    public Map<String, String> asMap() {
        Map<String, String> readable = new TreeMap<>();
        raw.forEach((name, value) -> readable.put(name, readable(name, value)));
        return readable;
    }

    private String readable(String name, Slice value) {
        if (PropertyNames.NUMBERS.contains(name)) {
            try {
                return Long.toUnsignedString(number(name));
            } catch (StoreException malformed) {
                return value.toString();
            }
        }
        if (name.equals(PropertyNames.INDEX_TYPE) && value.length() == Integer.BYTES) {
            return Integer.toString(value.buffer().getInt(0, ByteOrder.LITTLE_ENDIAN));
        }
        byte[] bytes = value.toByteArray();
        String text = new String(bytes, StandardCharsets.UTF_8);
        boolean isText = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)
                && text.chars().noneMatch(Character::isISOControl);
        return isText ? text : value.toString();
    }

    /** Collects properties and writes their block. */
    static final class Builder {
        private final SortedMap<String, Slice> values = new TreeMap<>();

        Builder number(String name, long value) {
            return put(name, new ByteWriter(10).putVarint64(value));
        }

        Builder fixed32(String name, int value) {
            return put(name, new ByteWriter(4).putFixed32(value));
        }

        Builder flag(String name, boolean value) {
            return text(name, value ? "1" : "0");
        }

        /** An empty text is left out, as by RocksDB. */
        Builder text(String name, String value) {
            if (!value.isEmpty()) {
                values.put(name, Slice.utf8(value));
            }
            return this;
        }

        Builder bytes(String name, Slice value) {
            values.put(name, value);
            return this;
        }

        private Builder put(String name, ByteWriter value) {
            return bytes(name, Slice.wrap(value.toByteArray()));
        }

        TableProperties build() {
            return new TableProperties(values);
        }
    }

    /** The block's contents: one run without restart points, since it is only ever read whole. */
    BlockBuilder encode() {
        return encode(raw, Integer.MAX_VALUE);
    }

    /** A block of names, ascending, and their values. */
    static BlockBuilder encode(SortedMap<String, Slice> values, int restartInterval) {
        BlockBuilder block = new BlockBuilder(restartInterval, 1024);
        byte[] last = new byte[0];
        for (Map.Entry<String, Slice> entry : values.entrySet()) {
            byte[] name = entry.getKey().getBytes(StandardCharsets.UTF_8);
            int mismatch = Arrays.mismatch(last, name);
            block.add(
                    name,
                    name.length,
                    mismatch,
                    new UnsafeBuffer(entry.getValue().toByteArray()));
            last = name;
        }
        block.finish();
        return block;
    }
}
