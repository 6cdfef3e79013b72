// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import java.util.Locale;

/** Names in a store's directory, as RocksDB's (file/filename.cc), and the owners' directories. See docs/formats/directory.md. */
public final class FileNames {
    /** Names the manifest in force. */
    public static final String CURRENT = "CURRENT";
    /** Locked by the process that has the store open. */
    public static final String LOCK = "LOCK";
    /** Holds the store's id. */
    public static final String IDENTITY = "IDENTITY";

    private static final String MANIFEST_PREFIX = "MANIFEST-";
    private static final String OPTIONS_PREFIX = "OPTIONS-";
    private static final String OWNER_PREFIX = "owner-";
    private static final String DEPOSED_PREFIX = "deposed-";
    /** The highest bits are RocksDB's: they name the directory. */
    private static final int NUMBER_BITS = 62;

    /** What a name in the directory stands for. */
    public enum Type {
        /** {@code CURRENT}. */
        CURRENT,
        /** {@code LOCK}. */
        LOCK,
        /** {@code IDENTITY}. */
        IDENTITY,
        /** {@code MANIFEST-000005}. */
        MANIFEST,
        /** {@code OPTIONS-000007}. */
        OPTIONS,
        /** {@code 000012.sst}, or {@code .ldb}. */
        TABLE,
        /** {@code 000009.log}. */
        WAL,
        /** {@code 000009.dbtmp}, {@code OPTIONS-000007.dbtmp}. */
        TEMP,
        /** {@code owner-3}: where the store's third opener makes its files. */
        OWNER,
        /** {@code deposed-2}: what an owner left behind. */
        DEPOSED,
        /** Anything else: RocksDB's LOG and blob files, and what is not a store's. It is left alone. */
        OTHER
    }

    /**
     * A name taken apart.
     *
     * @param number the number in it, 0 where there is none
     */
    public record Parsed(Type type, long number) {}

    private FileNames() {}

    /** {@code 000012.sst}. */
    public static String table(long number) {
        return numbered(number) + ".sst";
    }

    /** {@code 000009.log}. */
    public static String wal(long number) {
        return numbered(number) + ".log";
    }

    /** {@code MANIFEST-000005}. */
    public static String manifest(long number) {
        return MANIFEST_PREFIX + numbered(number);
    }

    /** {@code OPTIONS-000007}. */
    public static String options(long number) {
        return OPTIONS_PREFIX + numbered(number);
    }

    /** {@code owner-3}. */
    public static String owner(long epoch) {
        return OWNER_PREFIX + epoch;
    }

    /** {@code deposed-3}. */
    public static String deposed(long epoch) {
        return DEPOSED_PREFIX + epoch;
    }

    /** What a name stands for. */
    public static Parsed parse(String name) {
        switch (name) {
            case CURRENT -> {
                return new Parsed(Type.CURRENT, 0);
            }
            case LOCK -> {
                return new Parsed(Type.LOCK, 0);
            }
            case IDENTITY -> {
                return new Parsed(Type.IDENTITY, 0);
            }
            default -> {
                return parseNumbered(name);
            }
        }
    }

    private static Parsed parseNumbered(String name) {
        if (name.startsWith(MANIFEST_PREFIX)) {
            return parsed(Type.MANIFEST, name.substring(MANIFEST_PREFIX.length()));
        }
        if (name.startsWith(OWNER_PREFIX)) {
            return parsed(Type.OWNER, name.substring(OWNER_PREFIX.length()));
        }
        if (name.startsWith(DEPOSED_PREFIX)) {
            return parsed(Type.DEPOSED, name.substring(DEPOSED_PREFIX.length()));
        }
        int dot = name.lastIndexOf('.');
        String stem = dot < 0 ? name : name.substring(0, dot);
        String suffix = dot < 0 ? "" : name.substring(dot + 1);
        if (stem.startsWith(OPTIONS_PREFIX) && (dot < 0 || suffix.equals("dbtmp"))) {
            return parsed(dot < 0 ? Type.OPTIONS : Type.TEMP, stem.substring(OPTIONS_PREFIX.length()));
        }
        return switch (suffix) {
            case "sst", "ldb" -> parsed(Type.TABLE, stem);
            case "log" -> parsed(Type.WAL, stem);
            case "dbtmp" -> parsed(Type.TEMP, stem);
            default -> new Parsed(Type.OTHER, 0);
        };
    }

    private static Parsed parsed(Type type, String digits) {
        if (digits.isEmpty() || digits.length() > 19 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return new Parsed(Type.OTHER, 0);
        }
        long number = Long.parseUnsignedLong(digits);
        return number >>> NUMBER_BITS == 0 ? new Parsed(type, number) : new Parsed(Type.OTHER, 0);
    }

    private static String numbered(long number) {
        return String.format(Locale.ROOT, "%06d", number);
    }
}
