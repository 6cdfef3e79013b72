// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BuiltinComparator;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.EnvOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.SstFileWriter;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** RocksDB, with options drawn. */
final class RocksEngine implements Engine {
    private final RocksOptions drawn;
    private final Map<String, ColumnFamilyHandle> handles = new HashMap<>();
    private final Map<String, ColumnFamilyOptions> options = new HashMap<>();
    private final Map<String, Integer> prefixLengths = new HashMap<>();
    private final DBOptions dbOptions;
    private final RocksDB db;
    /** What must be closed before the database, the last first. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    private record Held(Snapshot snapshot, RocksDB db) implements AutoCloseable {
        @Override
        public void close() {
            db.releaseSnapshot(snapshot);
        }
    }

    /** Opens a store, made where it is missing, with all its column families. */
    RocksEngine(Path directory, List<FamilyPlan> families, RocksOptions drawn) throws Exception {
        this.drawn = drawn;
        this.dbOptions = Objects.requireNonNull(
                DBOptions.getDBOptionsFromProps(drawn.store()), () -> "an option is unknown: " + drawn);
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (FamilyPlan plan : families) {
            descriptors.add(descriptor(plan));
        }
        List<ColumnFamilyHandle> found = new ArrayList<>();
        this.db = RocksDB.open(dbOptions, directory.toString(), descriptors, found);
        for (int i = 0; i < found.size(); i++) {
            handles.put(families.get(i).name(), found.get(i));
        }
    }

    boolean recyclesLogs() {
        return dbOptions.recycleLogFileNum() > 0;
    }

    private ColumnFamilyDescriptor descriptor(FamilyPlan plan) {
        Properties properties = drawn.family(plan);
        ColumnFamilyOptions family = Objects.requireNonNull(
                ColumnFamilyOptions.getColumnFamilyOptionsFromProps(properties),
                () -> "an option is unknown: " + drawn);
        family.setMergeOperatorName(plan.mergeOperator());
        if (plan.reverse()) {
            family.setComparator(BuiltinComparator.REVERSE_BYTEWISE_COMPARATOR);
        }
        options.put(plan.name(), family);
        prefixLengths.put(plan.name(), RocksOptions.prefixLength(properties));
        return new ColumnFamilyDescriptor(plan.name().getBytes(UTF_8), family);
    }

    @Override
    public void write(List<Write> writes, boolean sync, boolean log) throws Exception {
        boolean logged = log || recyclesLogs(); // else RocksDB refuses it
        try (WriteBatch batch = new WriteBatch();
                WriteOptions how = new WriteOptions().setSync(logged && sync).setDisableWAL(!logged)) {
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
            db.write(how, batch);
        }
    }

    @Override
    public AutoCloseable snapshot() {
        return new Held(db.getSnapshot(), db);
    }

    @Override
    public List<@Nullable String> get(String family, List<String> keys, @Nullable AutoCloseable snapshot)
            throws Exception {
        ColumnFamilyHandle handle = handle(family);
        List<@Nullable String> values = new ArrayList<>();
        if (snapshot != null) {
            // At a snapshot 11.8.1's get may miss what is below operands, which its own iterators find.
            try (Cursor cursor = cursor(family, snapshot)) {
                for (String key : keys) {
                    cursor.seek(key);
                    values.add(cursor.isValid() && cursor.key().equals(key) ? cursor.value() : null);
                }
            }
            return values;
        }
        try (ReadOptions how = at(null)) {
            for (String key : keys) {
                byte[] value = db.get(handle, how, Draw.bytes(key));
                values.add(value == null ? null : Draw.string(value));
            }
        }
        return values;
    }

    private static ReadOptions at(@Nullable AutoCloseable snapshot) {
        ReadOptions how = new ReadOptions().setTotalOrderSeek(true);
        return snapshot instanceof Held held ? how.setSnapshot(held.snapshot) : how;
    }

    @Override
    public Cursor cursor(String family, @Nullable AutoCloseable snapshot) {
        return new RocksCursor(at(snapshot), handle(family));
    }

    @Override
    public int prefixLength(String family) {
        return prefixLengths.getOrDefault(family, -1);
    }

    @Override
    public Cursor prefixCursor(String family) {
        return new RocksCursor(new ReadOptions().setPrefixSameAsStart(true), handle(family));
    }

    @Override
    public void flush(List<String> families) throws Exception {
        try (FlushOptions how = new FlushOptions()) {
            db.flush(how, families.stream().map(this::handle).toList());
        }
    }

    @Override
    public void compact(String family, @Nullable String from, @Nullable String to) throws Exception {
        if (from == null || to == null) {
            db.compactRange(handle(family));
        } else {
            db.compactRange(handle(family), Draw.bytes(from), Draw.bytes(to));
        }
    }

    @Override
    public void createFamily(FamilyPlan plan) throws Exception {
        handles.put(plan.name(), db.createColumnFamily(descriptor(plan)));
    }

    @Override
    public void dropFamily(String family) throws Exception {
        ColumnFamilyHandle handle = handle(family);
        db.dropColumnFamily(handle);
        handles.remove(family);
        handle.close();
    }

    @Override
    public boolean ingest(String family, List<Write> puts, Path file) throws Exception {
        try (EnvOptions env = new EnvOptions();
                Options all = new Options(dbOptions, Objects.requireNonNull(options.get(family)));
                SstFileWriter writer = new SstFileWriter(env, all);
                IngestExternalFileOptions how = new IngestExternalFileOptions()) {
            writer.open(file.toString());
            for (Write put : puts) {
                writer.put(Draw.bytes(put.key()), Draw.bytes(put.value()));
            }
            writer.finish();
            db.ingestExternalFile(handle(family), List.of(file.toString()), how);
            return true;
        }
    }

    @Override
    public void verify() throws Exception {
        db.verifyChecksum();
    }

    @Override
    public void standStill() throws Exception {
        db.flushWal(false);
        db.disableFileDeletions();
        db.pauseBackgroundWork();
        open.push(db::continueBackgroundWork);
    }

    @Override
    public void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        handles.values().forEach(ColumnFamilyHandle::close);
        db.closeE();
        options.values().forEach(ColumnFamilyOptions::close);
        dbOptions.close();
    }

    private ColumnFamilyHandle handle(String family) {
        return Objects.requireNonNull(handles.get(family));
    }

    /** An iterator and its options. */
    private final class RocksCursor implements Cursor {
        private final ReadOptions how;
        private final RocksIterator iterator;

        RocksCursor(ReadOptions how, ColumnFamilyHandle family) {
            this.how = how;
            this.iterator = db.newIterator(family, how);
        }

        @Override
        public boolean isValid() throws Exception {
            if (iterator.isValid()) {
                return true;
            }
            iterator.status();
            return false;
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
        public void seekToFirst() {
            iterator.seekToFirst();
        }

        @Override
        public void seekToLast() {
            iterator.seekToLast();
        }

        @Override
        public void seek(String key) {
            iterator.seek(Draw.bytes(key));
        }

        @Override
        public void seekForPrev(String key) {
            iterator.seekForPrev(Draw.bytes(key));
        }

        @Override
        public void next() {
            iterator.next();
        }

        @Override
        public void prev() {
            iterator.prev();
        }

        @Override
        public void close() {
            iterator.close();
            how.close();
        }
    }
}
