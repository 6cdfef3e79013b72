// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionSettings;
import org.jspecify.annotations.Nullable;

/** Compaction options that are changed while the store is open, by RocksDB's names and as text. */
final class CompactionChanges {
    /** Those that can be. */
    static final String NAMES = "disable_auto_compactions, level0_file_num_compaction_trigger,"
            + " level0_slowdown_writes_trigger, level0_stop_writes_trigger, max_bytes_for_level_base,"
            + " max_bytes_for_level_multiplier, target_file_size_base, target_file_size_multiplier,"
            + " max_compaction_bytes, soft_pending_compaction_bytes_limit, hard_pending_compaction_bytes_limit";

    private static final long MAX_FILES = 1_000_000;
    private static final long MAX_BYTES = 1L << 50;

    private CompactionChanges() {}

    /** The settings with one changed; null where the name is none of theirs. */
    static @Nullable CompactionSettings apply(CompactionSettings settings, String name, String value)
            throws StoreException {
        CompactionSettings s = settings;
        int trigger = s.level0FileNumCompactionTrigger();
        int slowdown = s.level0SlowdownWritesTrigger();
        int stop = s.level0StopWritesTrigger();
        long levelBase = s.maxBytesForLevelBase();
        double levelMultiplier = s.maxBytesForLevelMultiplier();
        long fileBase = s.targetFileSizeBase();
        int fileMultiplier = s.targetFileSizeMultiplier();
        long compactionBytes = s.maxCompactionBytes();
        long soft = s.softPendingCompactionBytesLimit();
        long hard = s.hardPendingCompactionBytesLimit();
        boolean disabled = s.disableAutoCompactions();
        switch (name) {
            case "disable_auto_compactions" -> disabled = SettingChanges.flag(name, value);
            case "level0_file_num_compaction_trigger" ->
                trigger = (int) SettingChanges.number(name, value, 1, MAX_FILES);
            case "level0_slowdown_writes_trigger" -> slowdown = (int) SettingChanges.number(name, value, 1, MAX_FILES);
            case "level0_stop_writes_trigger" -> stop = (int) SettingChanges.number(name, value, 1, MAX_FILES);
            case "max_bytes_for_level_base" -> levelBase = SettingChanges.number(name, value, 1 << 10, MAX_BYTES);
            case "max_bytes_for_level_multiplier" -> levelMultiplier = factor(name, value);
            case "target_file_size_base" -> fileBase = SettingChanges.number(name, value, 1 << 10, MAX_BYTES);
            case "target_file_size_multiplier" -> fileMultiplier = (int) SettingChanges.number(name, value, 1, 1000);
            case "max_compaction_bytes" -> compactionBytes = SettingChanges.number(name, value, 0, MAX_BYTES);
            case "soft_pending_compaction_bytes_limit" -> soft = SettingChanges.number(name, value, 0, MAX_BYTES);
            case "hard_pending_compaction_bytes_limit" -> hard = SettingChanges.number(name, value, 0, MAX_BYTES);
            default -> {
                return null;
            }
        }
        return new CompactionSettings(
                s.numLevels(),
                trigger,
                slowdown,
                stop,
                levelBase,
                levelMultiplier,
                s.levelCompactionDynamicLevelBytes(),
                fileBase,
                fileMultiplier,
                compactionBytes,
                soft,
                hard,
                disabled,
                s.compactionPriority());
    }

    private static double factor(String name, String value) throws StoreException {
        String expected = "a number above 1 and at most 1000";
        double factor;
        try {
            factor = Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw SettingChanges.invalid(name, value, expected);
        }
        if (!(factor > 1 && factor <= 1000)) {
            throw SettingChanges.invalid(name, value, expected);
        }
        return factor;
    }
}
