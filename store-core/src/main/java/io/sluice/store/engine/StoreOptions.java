// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The options of an open store: changes those that can be changed, and keeps them all in its OPTIONS file. No other part
 * reads the file, so a failure to write it is logged and no more. Safe for concurrent use.
 */
final class StoreOptions {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreOptions.class);
    private static final String CHANGEABLE =
            "remote_flush, delayed_write_rate, rate_bytes_per_second, max_background_jobs";
    /** OPTIONS files that stay, as with RocksDB. */
    private static final int KEPT = 2;

    private final Storage storage;
    private final Epoch epoch;
    private final LongSupplier newFileNumber;
    private final ColumnFamilies families;
    private final FlushRouter router;
    private final WriteController controller;
    private final RateLimiter limiter;
    /** Written under this object's lock. */
    private volatile EngineSettings settings;

    StoreOptions(
            Storage storage,
            Epoch epoch,
            LongSupplier newFileNumber,
            ColumnFamilies families,
            FlushRouter router,
            WriteController controller,
            RateLimiter limiter,
            EngineSettings settings) {
        this.storage = storage;
        this.epoch = epoch;
        this.newFileNumber = newFileNumber;
        this.families = families;
        this.router = router;
        this.controller = controller;
        this.limiter = limiter;
        this.settings = settings;
    }

    /** Compactions at once. */
    int maxBackgroundCompactions() {
        return settings.maxBackgroundCompactions();
    }

    /** Changes options by RocksDB's names; all or none. */
    synchronized void change(Map<String, String> changes) throws StoreException {
        boolean remote = router.remoteEnabled();
        long delayedRate = controller.maxRate();
        long limit = limiter.bytesPerSecond();
        long jobs = 0;
        for (Map.Entry<String, String> change : changes.entrySet()) {
            String name = change.getKey();
            String value = change.getValue();
            switch (name) {
                case "remote_flush" -> remote = SettingChanges.flag(name, value);
                case "delayed_write_rate" -> delayedRate = SettingChanges.number(name, value, 1L << 10, 1L << 40);
                case "rate_bytes_per_second" -> limit = SettingChanges.number(name, value, 0, 1L << 40);
                case "max_background_jobs" -> jobs = SettingChanges.number(name, value, 1, 128);
                default -> throw SettingChanges.unknown(name, CHANGEABLE);
            }
        }
        router.remoteEnabled(remote);
        controller.maxRate(delayedRate);
        limiter.bytesPerSecond(limit);
        settings = settings.with(delayedRate, (int) jobs);
    }

    /** Writes a new OPTIONS file, and removes those before the last. */
    synchronized void write() {
        try {
            Map<String, ColumnFamilySettings> byName = new LinkedHashMap<>();
            families.all().forEach(family -> byName.put(family.name(), family.settings()));
            write(OptionsText.of(settings, byName));
        } catch (IOException e) {
            LOGGER.warn(
                    "{}: the OPTIONS file was not written; tools see the options as they were before: {}",
                    storage.uri(),
                    e.getMessage());
            return;
        }
        try {
            removeOld();
        } catch (IOException e) {
            LOGGER.warn("{}: old OPTIONS files were not removed: {}", storage.uri(), e.getMessage());
        }
    }

    @GuardedBy("this")
    private void write(byte[] text) throws IOException {
        String name = FileNames.options(newFileNumber.getAsLong());
        String temporary = name + ".dbtmp";
        try {
            try (WritableFile file = epoch.create(temporary)) {
                file.append(new UnsafeBuffer(text), 0, text.length);
                file.sync();
            }
            epoch.publish(temporary, name);
        } catch (IOException e) {
            try {
                storage.delete(epoch.born(temporary));
            } catch (IOException kept) {
                e.addSuppressed(kept); // it goes with the owner's directory
            }
            throw e;
        }
    }

    private void removeOld() throws IOException {
        List<Long> newestFirst = storage.list("").stream()
                .map(FileNames::parse)
                .filter(parsed -> parsed.type() == FileNames.Type.OPTIONS)
                .map(FileNames.Parsed::number)
                .sorted(Comparator.reverseOrder())
                .toList();
        for (long number : newestFirst.subList(Math.min(KEPT, newestFirst.size()), newestFirst.size())) {
            storage.delete(FileNames.options(number));
        }
    }
}
