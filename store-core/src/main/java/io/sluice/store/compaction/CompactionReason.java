// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

/** Why a compaction was made; the names follow RocksDB's {@code CompactionReason}. */
public enum CompactionReason {
    /** L0 has {@code level0_file_num_compaction_trigger} files, or too many bytes. */
    LEVEL_L0_FILES_NUM,
    /** A level is larger than its target. */
    LEVEL_MAX_LEVEL_SIZE,
    /** The program asked for a range, or for files. */
    MANUAL_COMPACTION
}
