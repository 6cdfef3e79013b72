// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.store.EventListener;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushInfo;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts a store's flushes by why they were begun. Safe for concurrent use. */
final class FlushLog implements EventListener {
    private static final Logger LOG = LoggerFactory.getLogger(FlushLog.class);

    private final Map<String, Long> byTrigger = new TreeMap<>();

    @Override
    public synchronized void onFlushCompleted(FlushInfo info) {
        byTrigger.merge(info.reason().name().toLowerCase(Locale.ROOT), 1L, Long::sum);
        LOG.debug(
                "{} of {} built by {}: {} entries, {} bytes",
                info.fileName(),
                info.columnFamilyName(),
                info.builder(),
                info.outputEntries(),
                info.fileSize());
    }

    @Override
    public void onFlushFailed(FlushInfo info, StoreException cause) {
        LOG.warn("a flush of {} failed and is tried again: {}", info.columnFamilyName(), cause.getMessage());
    }

    /** Flushes by reason, the reasons named as RocksDB's, in lower case. */
    synchronized Map<String, Long> byTrigger() {
        return new TreeMap<>(byTrigger);
    }
}
