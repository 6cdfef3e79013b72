// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.flush.FlushReason;
import java.util.Comparator;
import java.util.List;

/** Gets memory back where memtables have used it up. Safe for concurrent use. */
final class MemoryRelief {
    private final SchedulerThread scheduler;
    private final ColumnFamilies families;
    private final FlushScheduler flushes;

    MemoryRelief(SchedulerThread scheduler, ColumnFamilies families, FlushScheduler flushes) {
        this.scheduler = scheduler;
        this.families = families;
        this.flushes = flushes;
    }

    /** Flushes what is sealed, or the largest memtable where nothing is. Returns at once. */
    void request() {
        boolean unused = scheduler.execute(this::sealAndFlush); // who waits for memory is told that the store is closed
    }

    private void sealAndFlush() {
        List<ColumnFamily> all = families.all();
        if (all.stream().allMatch(family -> family.flushes().size() == 0)) {
            all.stream()
                    .max(Comparator.comparingLong(family -> family.active().memoryUsed()))
                    .ifPresent(largest -> {
                        var unused = largest.beginSwitch(largest.active(), FlushReason.WRITE_BUFFER_MANAGER)
                                .thenRun(() -> flush(List.of(largest)));
                    });
        } else {
            flush(all);
        }
    }

    /** Also on the thread of the last writer that leaves a memtable, which goes on at once. */
    private void flush(List<ColumnFamily> chosen) {
        boolean unused = scheduler.execute(() -> {
            for (ColumnFamily family : chosen) {
                if (family.flushes().want() != 0) {
                    flushes.schedule(family);
                    family.flushes().urge();
                }
            }
        });
    }
}
