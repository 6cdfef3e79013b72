// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The operators that RocksDB has built in, by its names ({@code utilities/merge_operators}). */
public final class MergeOperators {
    private static final String DELIMITER = ";delimiter=";

    private MergeOperators() {}

    /** Joins the operands with a comma. */
    public static MergeOperator stringAppend() {
        return stringAppend(",");
    }

    /** Joins the operands with {@code delimiter}, which RocksDB does not store: it is told anew at each opening. */
    public static MergeOperator stringAppend(String delimiter) {
        return new StringAppend(delimiter.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds unsigned 64-bit little-endian numbers, round 2^64; what has not eight bytes counts as 0. */
    public static MergeOperator uint64Add() {
        return UInt64Add.INSTANCE;
    }

    /** Takes the newest operand, as a put would. */
    public static MergeOperator put() {
        return Put.INSTANCE;
    }

    /** Takes the greatest of value and operands, in unsigned lexicographic order. */
    public static MergeOperator max() {
        return Max.INSTANCE;
    }

    /**
     * The value that a key has after its operands.
     *
     * @param operator the column family's, or null where it has none
     * @param operands oldest first
     * @throws StoreException {@code INVALID_ARGUMENT} without an operator, {@code CORRUPTION} where it makes no value
     */
    public static byte[] fullMerge(
            @Nullable MergeOperator operator, DirectBuffer key, byte @Nullable [] existing, List<byte[]> operands)
            throws StoreException {
        if (operator == null) {
            throw StoreException.invalid(
                    "merge.operator",
                    "a key has merge operands, and its column family was opened without merge_operator: name the one"
                            + " that they were written for");
        }
        byte[] merged = operator.fullMerge(Bytes.copy(key), existing, operands);
        if (merged == null) {
            throw StoreException.corruption(
                    "merge.failed",
                    "merge operator " + operator.name() + " makes no value of " + operands.size()
                            + " operands: open the store with the operator that wrote them");
        }
        return merged;
    }

    /** The built-in operator with this {@link MergeOperator#id}, or with RocksDB's short name; null for another. */
    public static @Nullable MergeOperator builtIn(String id) {
        int parameters = id.indexOf(DELIMITER);
        return switch (parameters < 0 ? id : id.substring(0, parameters)) {
            case "StringAppendOperator", "stringappend" -> parameters < 0 ? stringAppend() : parse(id, parameters);
            case "UInt64AddOperator", "uint64add" -> uint64Add();
            case "PutOperator", "put" -> put();
            case "MaxOperator", "max" -> max();
            default -> null;
        };
    }

    private static @Nullable MergeOperator parse(String id, int parameters) {
        try {
            return new StringAppend(HexFormat.of().parseHex(id.substring(parameters + DELIMITER.length())));
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    private static final class StringAppend implements MergeOperator {
        private final byte[] delimiter;

        StringAppend(byte[] delimiter) {
            this.delimiter = delimiter;
        }

        @Override
        public String name() {
            return "StringAppendOperator";
        }

        @Override
        public String id() {
            boolean isDefault = delimiter.length == 1 && delimiter[0] == ',';
            return isDefault ? name() : name() + DELIMITER + HexFormat.of().formatHex(delimiter);
        }

        @Override
        public byte[] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
            long length = existing == null ? -delimiter.length : existing.length;
            for (byte[] operand : operands) {
                length += delimiter.length + (long) operand.length;
            }
            byte[] joined = new byte[Math.toIntExact(length)];
            int at = existing == null ? 0 : append(joined, 0, existing);
            for (int i = 0; i < operands.size(); i++) {
                if (i > 0 || existing != null) {
                    at = append(joined, at, delimiter);
                }
                at = append(joined, at, operands.get(i));
            }
            return joined;
        }

        @Override
        public byte[] partialMerge(byte[] key, List<byte[]> operands) {
            return fullMerge(key, null, operands);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof StringAppend s && Arrays.equals(delimiter, s.delimiter);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(delimiter);
        }

        private static int append(byte[] target, int at, byte[] source) {
            System.arraycopy(source, 0, target, at, source.length);
            return at + source.length;
        }
    }

    private static final class UInt64Add implements MergeOperator {
        static final UInt64Add INSTANCE = new UInt64Add();

        @Override
        public String name() {
            return "UInt64AddOperator";
        }

        @Override
        public byte[] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
            long sum = existing == null ? 0 : decode(existing);
            for (byte[] operand : operands) {
                sum += decode(operand);
            }
            byte[] encoded = new byte[Long.BYTES];
            for (int i = 0; i < Long.BYTES; i++) {
                encoded[i] = (byte) (sum >>> (8 * i));
            }
            return encoded;
        }

        @Override
        public byte[] partialMerge(byte[] key, List<byte[]> operands) {
            return fullMerge(key, null, operands);
        }

        private static long decode(byte[] bytes) {
            if (bytes.length != Long.BYTES) {
                return 0;
            }
            long value = 0;
            for (int i = Long.BYTES - 1; i >= 0; i--) {
                value = value << 8 | (bytes[i] & 0xff);
            }
            return value;
        }
    }

    private static final class Put implements MergeOperator {
        static final Put INSTANCE = new Put();

        @Override
        public String name() {
            return "PutOperator";
        }

        @Override
        public byte[] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
            return operands.get(operands.size() - 1);
        }

        @Override
        public byte[] partialMerge(byte[] key, List<byte[]> operands) {
            return fullMerge(key, null, operands);
        }
    }

    private static final class Max implements MergeOperator {
        static final Max INSTANCE = new Max();

        @Override
        public String name() {
            return "MaxOperator";
        }

        @Override
        public byte[] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
            byte[] greatest = existing == null ? operands.get(0) : existing;
            for (byte[] operand : operands) {
                greatest = Arrays.compareUnsigned(greatest, operand) < 0 ? operand : greatest;
            }
            return greatest;
        }

        @Override
        public byte[] partialMerge(byte[] key, List<byte[]> operands) {
            return fullMerge(key, null, operands);
        }
    }
}
