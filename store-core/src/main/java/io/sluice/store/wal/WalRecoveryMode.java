// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

/** What opening a store does about damaged write-ahead logs: RocksDB's {@code wal_recovery_mode}, and its numbers. */
public enum WalRecoveryMode {
    /** A torn tail of any log is passed over, and the next log goes on; anything else that is wrong is an error. */
    TOLERATE_CORRUPTED_TAIL_RECORDS,
    /** Anything that is wrong is an error, a torn tail too. */
    ABSOLUTE_CONSISTENCY,
    /** Recovery ends at the first thing that is wrong: what is recovered is a prefix of what was written. */
    POINT_IN_TIME_RECOVERY,
    /** Whatever can be read is recovered: a last resort. */
    SKIP_ANY_CORRUPTED_RECORDS
}
