// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.tool.ByteText;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ReadOnlyStore;
import io.sluice.store.Store;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What commands on a column family take. */
final class DbOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--db", required = true, paramLabel = "DIR", description = "The store: a path or URI.")
    private String db = "";

    @Option(names = "--column_family", paramLabel = "NAME", description = "The column family; default.")
    private String columnFamily = "default";

    @Option(names = "--hex", description = "Keys and values are in hex: 0x00FF.")
    private boolean hex;

    @Option(names = "--key_hex", description = "Keys are in hex.")
    private boolean keyHex;

    @Option(names = "--value_hex", description = "Values are in hex.")
    private boolean valueHex;

    @Option(
            names = "--try_load_options",
            arity = "1",
            paramLabel = "true|false",
            description = "Open the store with the options in its OPTIONS file; true.")
    private boolean tryLoadOptions = true;

    /** Opens its directory; the caller closes it. */
    Storage storage() throws IOException {
        return Storages.open(db, Map.of());
    }

    /** Opens the store for reading; the caller closes it. */
    ReadOnlyStore openForReading(Storage storage) throws IOException {
        return ReadOnlyStore.open(
                storage, StoredOptions.load(storage, tryLoadOptions, err()).forReading());
    }

    /** Opens the store for writing; the caller closes it. */
    Store openForWriting(Storage storage, boolean createIfMissing) throws IOException {
        StoredOptions stored = StoredOptions.load(storage, tryLoadOptions, err());
        return Store.open(stored.db(createIfMissing), storage, stored.columnFamilies());
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** A key of the command line. */
    byte[] key(String text) {
        return parse(text, hex || keyHex);
    }

    /** A value of the command line. */
    byte[] value(String text) {
        return parse(text, hex || valueHex);
    }

    /** A key as it is printed. */
    byte[] printKey(byte[] key) {
        return ByteText.print(key, hex || keyHex);
    }

    /** A value as it is printed. */
    byte[] printValue(byte[] value) {
        return ByteText.print(value, hex || valueHex);
    }

    /** The column family chosen, of those there are. */
    ColumnFamilyHandle choose(List<ColumnFamilyHandle> all) throws CommandFailure {
        for (ColumnFamilyHandle handle : all) {
            if (handle.name().equals(columnFamily)) {
                return handle;
            }
        }
        throw new CommandFailure(db + " has no column family \"" + columnFamily + "\"; it has "
                + all.stream().map(ColumnFamilyHandle::name).collect(Collectors.joining(", ")));
    }

    /** An error of the command line. */
    ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private byte[] parse(String text, boolean isHex) {
        try {
            return ByteText.parse(text, isHex);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
