// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Combines the operands that were merged into a key with its value: RocksDB's {@code merge_operator}. It must be a
 * function of its arguments alone, so that a read, a flush here, a flush on another machine and a compaction come to the
 * same value. Implementations are stateless and safe for concurrent use; they keep and change none of the arrays given.
 */
public interface MergeOperator {
    /** The name that is stored in files. A store is opened with an operator that does what the name's always did. */
    String name();

    /**
     * What another process makes the same operator of, parameters included; by default the name, which does for an
     * operator without parameters.
     */
    default String id() {
        return name();
    }

    /**
     * The key's value after all operands.
     *
     * @param existing the value below them, or null where there is none, or it was deleted
     * @param operands at least one, oldest first
     * @return the new value, or null where these arguments make none: the read, flush or compaction fails
     */
    byte @Nullable [] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands);

    /**
     * One operand that does what {@code operands} do, whatever is below and above them.
     *
     * @param operands at least two, oldest first; or one, where {@link #allowSingleOperand} says so
     * @return the operand, or null where there is none: they are kept as they are
     */
    default byte @Nullable [] partialMerge(byte[] key, List<byte[]> operands) {
        return null;
    }

    /** Whether {@link #partialMerge} wants to be asked for a single operand too. */
    default boolean allowSingleOperand() {
        return false;
    }
}
