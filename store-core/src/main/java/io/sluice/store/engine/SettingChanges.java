// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionSettings;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Options that are changed while the store is open, by RocksDB's names and as text. */
final class SettingChanges {
    private static final String CHANGEABLE =
            "write_buffer_size, max_write_buffer_number, memtable_max_entries, memtable_max_age_ms, "
                    + "paranoid_file_checks, remote_flush, "
                    + CompactionChanges.NAMES;

    private static final long MAX_AGE_MS = TimeUnit.DAYS.toMillis(365);

    private SettingChanges() {}

    /** {@code settings} with some of them changed. */
    static ColumnFamilySettings apply(ColumnFamilySettings settings, Map<String, String> changes)
            throws StoreException {
        long writeBufferSize = settings.writeBufferSize();
        int maxWriteBufferNumber = settings.maxWriteBufferNumber();
        long memtableMaxEntries = settings.memtableMaxEntries();
        long memtableMaxAgeNanos = settings.memtableMaxAgeNanos();
        boolean paranoidFileChecks = settings.paranoidFileChecks();
        boolean remoteFlush = settings.remoteFlush();
        CompactionSettings compaction = settings.compaction();
        for (Map.Entry<String, String> change : changes.entrySet()) {
            String name = change.getKey();
            String value = change.getValue();
            switch (name) {
                case "write_buffer_size" -> writeBufferSize = number(name, value, 64 << 10, 1 << 30);
                case "max_write_buffer_number" ->
                    maxWriteBufferNumber = (int) number(name, value, settings.minWriteBufferNumberToMerge() + 1, 1000);
                case "memtable_max_entries" -> memtableMaxEntries = number(name, value, 0, Long.MAX_VALUE);
                case "memtable_max_age_ms" ->
                    memtableMaxAgeNanos = TimeUnit.MILLISECONDS.toNanos(number(name, value, 0, MAX_AGE_MS));
                case "paranoid_file_checks" -> paranoidFileChecks = flag(name, value);
                case "remote_flush" -> remoteFlush = flag(name, value);
                default -> {
                    CompactionSettings changed = CompactionChanges.apply(compaction, name, value);
                    if (changed == null) {
                        throw unknown(name, CHANGEABLE);
                    }
                    compaction = changed;
                }
            }
        }
        return new ColumnFamilySettings(
                writeBufferSize,
                maxWriteBufferNumber,
                settings.minWriteBufferNumberToMerge(),
                memtableMaxEntries,
                memtableMaxAgeNanos,
                paranoidFileChecks,
                remoteFlush,
                compaction,
                settings.compactionFilterFactory(),
                settings.blockCache(),
                settings.tableOptions());
    }

    static long number(String name, String value, long min, long max) throws StoreException {
        long number;
        try {
            number = Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw invalid(name, value, "a number from " + min + " to " + max);
        }
        if (number < min || number > max) {
            throw invalid(name, value, "a number from " + min + " to " + max);
        }
        return number;
    }

    static boolean flag(String name, String value) throws StoreException {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw invalid(name, value, "true or false");
        };
    }

    static StoreException unknown(String name, String allowed) {
        return StoreException.invalid(
                "options.unknown", "the option " + name + " is unknown or can't be changed; these can: " + allowed);
    }

    static StoreException invalid(String name, String value, String expected) {
        return StoreException.invalid("options.value", name + "=" + value + ": expected " + expected);
    }
}
