// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.CompactRangeOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.ReadOptions;
import io.sluice.store.Snapshot;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.WriteBatch;
import io.sluice.store.WriteOptions;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sluice, with options drawn. */
final class SluiceEngine implements Engine {
    private final SluiceOptions drawn;
    private final Store store;
    private final Map<String, ColumnFamilyHandle> handles = new HashMap<>();
    private final Map<String, Integer> prefixLengths = new HashMap<>();

    /** Opens a store, made where it is missing; for {@code recycled} and {@code logged} see {@link SluiceOptions}. */
    SluiceEngine(Path directory, List<FamilyPlan> families, SluiceOptions drawn, boolean recycled, boolean logged)
            throws Exception {
        this.drawn = drawn;
        this.store = Store.open(
                drawn.store(recycled, logged),
                directory,
                families.stream().map(this::descriptor).toList());
        store.columnFamilies().forEach(handle -> handles.put(handle.name(), handle));
    }

    private ColumnFamilyDescriptor descriptor(FamilyPlan plan) {
        ColumnFamilyOptions options = drawn.family(plan);
        PrefixExtractor extractor = options.prefixExtractor();
        prefixLengths.put(plan.name(), extractor == null ? -1 : extractor.prefixLength(Integer.MAX_VALUE));
        return new ColumnFamilyDescriptor(plan.name(), options);
    }

    @Override
    public void write(List<Write> writes, boolean sync, boolean log) throws Exception {
        WriteBatch batch = new WriteBatch();
        for (Write write : writes) {
            ColumnFamilyHandle family = handle(write.family());
            byte[] key = Draw.bytes(write.key());
            byte[] value = Draw.bytes(write.value());
            switch (write.kind()) {
                case PUT -> batch.put(family, key, value);
                case DELETE -> batch.delete(family, key);
                case SINGLE_DELETE -> batch.singleDelete(family, key);
                case MERGE -> batch.merge(family, key, value);
                case DELETE_RANGE -> batch.deleteRange(family, key, value);
            }
        }
        store.write(WriteOptions.builder().sync(log && sync).disableWal(!log).build(), batch);
    }

    @Override
    public AutoCloseable snapshot() throws Exception {
        return store.snapshot();
    }

    @Override
    public List<@Nullable String> get(String family, List<String> keys, @Nullable AutoCloseable snapshot)
            throws Exception {
        List<byte @Nullable []> found = store.multiGet(
                handle(family),
                at(snapshot).build(),
                keys.stream().map(Draw::bytes).toList());
        List<@Nullable String> values = new ArrayList<>();
        for (byte[] value : found) {
            values.add(value == null ? null : Draw.string(value));
        }
        return values;
    }

    private static ReadOptions.Builder at(@Nullable AutoCloseable snapshot) {
        ReadOptions.Builder how = ReadOptions.builder().totalOrderSeek(true);
        return snapshot instanceof Snapshot held ? how.snapshot(held) : how;
    }

    @Override
    public Cursor cursor(String family, @Nullable AutoCloseable snapshot) throws Exception {
        return new SluiceCursor(store.newIterator(handle(family), at(snapshot).build()));
    }

    @Override
    public int prefixLength(String family) {
        return prefixLengths.getOrDefault(family, -1);
    }

    @Override
    public Cursor prefixCursor(String family) throws Exception {
        ReadOptions how = ReadOptions.builder().prefixSameAsStart(true).build();
        return new SluiceCursor(store.newIterator(handle(family), how));
    }

    @Override
    public void flush(List<String> families) throws Exception {
        store.flush(FlushOptions.DEFAULT, families.stream().map(this::handle).toArray(ColumnFamilyHandle[]::new));
    }

    @Override
    public void compact(String family, @Nullable String from, @Nullable String to) throws Exception {
        store.compactRange(
                handle(family),
                CompactRangeOptions.DEFAULT,
                from == null ? null : Draw.bytes(from),
                to == null ? null : Draw.bytes(to));
    }

    @Override
    public void createFamily(FamilyPlan plan) throws Exception {
        handles.put(plan.name(), store.createColumnFamily(descriptor(plan)));
    }

    @Override
    public void dropFamily(String family) throws Exception {
        store.dropColumnFamily(handle(family));
        handles.remove(family);
    }

    @Override
    public boolean ingest(String family, List<Write> puts, Path file) {
        return false;
    }

    @Override
    public void verify() {
        // each block that is read is verified
    }

    @Override
    public void standStill() throws Exception {
        store.flushWal(false);
        store.pauseBackgroundWork();
    }

    @Override
    public void close() throws Exception {
        store.close();
    }

    private ColumnFamilyHandle handle(String family) {
        return Objects.requireNonNull(handles.get(family));
    }

    private record SluiceCursor(StoreIterator iterator) implements Cursor {
        @Override
        public boolean isValid() {
            return iterator.isValid();
        }

        @Override
        public String key() {
            return Draw.string(iterator.key());
        }

        @Override
        public String value() {
            return Draw.string(iterator.value());
        }

        @Override
        public void seekToFirst() throws StoreException {
            iterator.seekToFirst();
        }

        @Override
        public void seekToLast() throws StoreException {
            iterator.seekToLast();
        }

        @Override
        public void seek(String key) throws StoreException {
            iterator.seek(Draw.bytes(key));
        }

        @Override
        public void seekForPrev(String key) throws StoreException {
            iterator.seekForPrev(Draw.bytes(key));
        }

        @Override
        public void next() throws StoreException {
            iterator.next();
        }

        @Override
        public void prev() throws StoreException {
            iterator.prev();
        }

        @Override
        public void close() {
            iterator.close();
        }
    }
}
