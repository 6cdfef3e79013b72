// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads keys back and compares. Safe for concurrent use. */
final class Verifier implements Workload.EntryConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(Verifier.class);
    private static final long FAULTS_LOGGED = 10;

    private final Store store;
    private final List<ColumnFamilyHandle> columnFamilies;
    private final LoadProgress progress;
    private final Latencies latencies = new Latencies();
    private final LongAdder verified = new LongAdder();
    private final LongAdder missing = new LongAdder();
    private final LongAdder wrong = new LongAdder();

    Verifier(Store store, List<ColumnFamilyHandle> columnFamilies, LoadProgress progress) {
        this.store = store;
        this.columnFamilies = columnFamilies;
        this.progress = progress;
    }

    @Override
    public boolean accept(int columnFamily, byte[] key, byte[] value) throws StoreException {
        long begin = System.nanoTime();
        byte[] found = store.get(columnFamilies.get(columnFamily), key);
        latencies.record(System.nanoTime() - begin);
        if (Arrays.equals(found, value)) {
            verified.increment();
        } else {
            (found == null ? missing : wrong).increment();
            if (missing.sum() + wrong.sum() <= FAULTS_LOGGED) {
                LOG.error(
                        "{}: key {} has {}, expected {} bytes written before",
                        columnFamilies.get(columnFamily).name(),
                        HexFormat.of().formatHex(key),
                        found == null ? "no value" : "another value of " + found.length + " bytes",
                        value.length);
            }
        }
        progress.step();
        return true;
    }

    long verified() {
        return verified.sum();
    }

    long missing() {
        return missing.sum();
    }

    long wrong() {
        return wrong.sum();
    }

    Latencies.Percentiles latencies() {
        return latencies.percentiles();
    }
}
