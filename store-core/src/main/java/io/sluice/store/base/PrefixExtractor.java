// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import org.jspecify.annotations.Nullable;

/**
 * Cuts prefixes of user keys, for filters and iterators: RocksDB's built-in {@code SliceTransform}s. A value, known by its
 * name, so that a worker finds it again.
 */
public final class PrefixExtractor {
    private static final String FIXED = "rocksdb.FixedPrefix.";
    private static final String CAPPED = "rocksdb.CappedPrefix.";
    private static final String NOOP = "rocksdb.Noop";
    private static final int MAX_LENGTH = 1 << 16;

    private final String name;
    private final int minLength;
    private final int maxLength;

    private PrefixExtractor(String name, int minLength, int maxLength) {
        this.name = name;
        this.minLength = minLength;
        this.maxLength = maxLength;
    }

    /** The first {@code length} bytes, 1 to 65,536; shorter keys have no prefix. */
    public static PrefixExtractor fixed(int length) {
        return new PrefixExtractor(FIXED + checked(length), length, length);
    }

    /** The first {@code length} bytes, 1 to 65,536; all of a shorter key. */
    public static PrefixExtractor capped(int length) {
        return new PrefixExtractor(CAPPED + checked(length), 0, length);
    }

    /** The whole key. */
    public static PrefixExtractor noop() {
        return new PrefixExtractor(NOOP, 0, Integer.MAX_VALUE);
    }

    /** The extractor of a name, as in tables' properties; null for one that is not known. */
    public static @Nullable PrefixExtractor byName(String name) {
        if (name.equals(NOOP)) {
            return noop();
        }
        try {
            if (name.startsWith(FIXED)) {
                return fixed(Integer.parseInt(name.substring(FIXED.length())));
            }
            if (name.startsWith(CAPPED)) {
                return capped(Integer.parseInt(name.substring(CAPPED.length())));
            }
        } catch (IllegalArgumentException notOurs) {
            return null;
        }
        return null;
    }

    /** The name, RocksDB's, that stands in files. */
    public String name() {
        return name;
    }

    /** Whether a key of that length has a prefix. */
    public boolean hasPrefix(int keyLength) {
        return keyLength >= minLength;
    }

    /** The length of the prefix of a key of that length, which has one. */
    public int prefixLength(int keyLength) {
        return Math.min(keyLength, maxLength);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PrefixExtractor extractor && extractor.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }

    private static int checked(int length) {
        if (length < 1 || length > MAX_LENGTH) {
            throw new IllegalArgumentException("prefix length=" + length + " is not in 1.." + MAX_LENGTH);
        }
        return length;
    }
}
