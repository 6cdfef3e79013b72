// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import io.sluice.store.sst.BlockReads;
import io.sluice.store.sst.TableScratch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gets of many keys at once: table by table, and in each in the order of the keys, so that those of one block ask for it
 * once. Used once, by one thread.
 */
final class MultiGet {
    private final TableCache tables;
    private final TableReading reading;
    private final View view;
    private final BlockReads reads;
    private final @Nullable MergeOperator mergeOperator;
    private final TableScratch scratch = new TableScratch();
    private final ReadContext[] given;
    private final ReadContext[] ordered;

    /** Of a column family's keys as a view shows them, which the caller holds. */
    MultiGet(TableCache tables, ColumnFamily family, View view, BlockReads reads, List<byte[]> keys) {
        this.tables = tables;
        this.reading = family.tableReading();
        this.view = view;
        this.reads = reads;
        this.mergeOperator = family.settings().tableOptions().mergeOperator();
        this.given = new ReadContext[keys.size()];
        for (int i = 0; i < given.length; i++) {
            given[i] = new ReadContext(scratch);
            given[i].key.wrap(keys.get(i));
        }
        this.ordered = given.clone();
        KeyComparator comparator = reading.comparator();
        Arrays.sort(ordered, (a, b) -> comparator.compare(a.key, b.key));
    }

    /** The values in the order of the keys given, null for those that are not there. */
    List<byte @Nullable []> run(long sequence, EngineStatistics statistics) throws IOException {
        scratch.keepBlock();
        try {
            for (ReadContext context : ordered) {
                context.begin(sequence, null);
                ReadPath.findInMemtables(view, context, sequence);
            }
            findInTables(sequence);
            List<byte @Nullable []> values = new ArrayList<>(given.length);
            for (ReadContext context : given) {
                context.finish(mergeOperator);
                statistics.countGet(context);
                values.add(context.end());
            }
            return values;
        } finally {
            scratch.dropBlock();
        }
    }

    private void findInTables(long sequence) throws IOException {
        Version version = view.version();
        for (FileMetadata file : version.files(0)) {
            for (ReadContext context : ordered) {
                if (!context.isDone()) {
                    ReadPath.findInTable(tables, file, 0, reading, reads, context, sequence);
                }
            }
        }
        for (int level = 1; level < version.levelCount(); level++) {
            if (version.files(level).isEmpty()) {
                continue;
            }
            for (ReadContext context : ordered) {
                if (!context.isDone()) {
                    ReadPath.findInLevel(tables, version, level, reading, reads, context, sequence);
                }
            }
        }
    }
}
