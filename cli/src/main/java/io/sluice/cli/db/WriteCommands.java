// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.tool.Output;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.CompactRangeOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.WriteBatch;
import io.sluice.store.WriteOptions;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that change a store; each prints OK, as {@code ldb} does. */
final class WriteCommands {
    private WriteCommands() {}

    /** What changes a store. */
    @FunctionalInterface
    private interface Change {
        void make(Store store, ColumnFamilyHandle columnFamily) throws IOException;
    }

    /** Opens the store, changes it, and flushes, so that the change is durable when it is reported. */
    private static int change(DbOptions options, boolean createIfMissing, Change change)
            throws IOException, CommandFailure {
        try (Storage storage = options.storage();
                Output out = Output.ofStdout()) {
            try (Store store = options.openForWriting(storage, createIfMissing)) {
                change.make(store, options.choose(store.columnFamilies()));
                store.flush(FlushOptions.DEFAULT);
            }
            out.text("OK").line();
        }
        return 0;
    }

    @Command(name = "put", description = "Set a key.")
    static final class Put implements Callable<Integer> {
        @Mixin
        private DbOptions options = new DbOptions();

        @Option(names = "--create_if_missing", description = "Make the store where there is none.")
        private boolean createIfMissing;

        @Parameters(index = "0", paramLabel = "KEY")
        private String key = "";

        @Parameters(index = "1", paramLabel = "VALUE")
        private String value = "";

        @Override
        public Integer call() throws Exception {
            byte[] parsedKey = options.key(key);
            byte[] parsedValue = options.value(value);
            return change(options, createIfMissing, (store, family) -> store.put(family, parsedKey, parsedValue));
        }
    }

    @Command(name = "delete", description = "Remove a key.")
    static final class Delete implements Callable<Integer> {
        @Mixin
        private DbOptions options = new DbOptions();

        @Parameters(paramLabel = "KEY")
        private String key = "";

        @Override
        public Integer call() throws Exception {
            byte[] parsed = options.key(key);
            return change(options, false, (store, family) -> store.delete(family, parsed));
        }
    }

    @Command(name = "batchput", description = "Set keys, all at once or none.")
    static final class BatchPut implements Callable<Integer> {
        @Mixin
        private DbOptions options = new DbOptions();

        @Option(names = "--create_if_missing", description = "Make the store where there is none.")
        private boolean createIfMissing;

        @Parameters(arity = "2..*", paramLabel = "KEY VALUE")
        private List<String> entries = List.of();

        @Override
        public Integer call() throws Exception {
            if (entries.size() % 2 != 0) {
                throw options.wrong("the last key, " + entries.get(entries.size() - 1) + ", has no value");
            }
            List<byte[]> parsed = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                parsed.add(i % 2 == 0 ? options.key(entries.get(i)) : options.value(entries.get(i)));
            }
            return change(options, createIfMissing, (store, family) -> {
                WriteBatch batch = new WriteBatch();
                for (int i = 0; i < parsed.size(); i += 2) {
                    batch.put(family, parsed.get(i), parsed.get(i + 1));
                }
                store.write(WriteOptions.DEFAULT, batch);
            });
        }
    }

    @Command(name = "compact", description = "Compact a range of keys, all by default.")
    static final class Compact implements Callable<Integer> {
        @Mixin
        private DbOptions options = new DbOptions();

        @Option(names = "--from", paramLabel = "KEY", description = "The first key.")
        private @Nullable String from;

        @Option(names = "--to", paramLabel = "KEY", description = "The last key.")
        private @Nullable String to;

        @Override
        public Integer call() throws Exception {
            byte[] begin = from == null ? null : options.key(from);
            byte[] end = to == null ? null : options.key(to);
            return change(
                    options,
                    false,
                    (store, family) -> store.compactRange(family, CompactRangeOptions.DEFAULT, begin, end));
        }
    }

    @Command(name = "flush", description = "Turn what the write-ahead logs hold, of all column families, into SSTs.")
    static final class Flush implements Callable<Integer> {
        @Mixin
        private DbOptions options = new DbOptions();

        @Override
        public Integer call() throws Exception {
            return change(options, false, (store, family) -> {});
        }
    }
}
