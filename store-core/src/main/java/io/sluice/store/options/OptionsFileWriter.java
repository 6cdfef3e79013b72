// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import java.nio.charset.StandardCharsets;

/** Puts an OPTIONS file together, section by section, in the order of {@link OptionsFileFormat}. Used by one thread. */
public final class OptionsFileWriter {
    private final StringBuilder out = new StringBuilder(4096);

    /** A file with its head. */
    public OptionsFileWriter() {
        out.append("# This is a RocksDB option file, written by Sluice.\n\n");
        section(OptionsFileFormat.VERSION);
        option(OptionsFileFormat.ROCKSDB_VERSION, OptionsFileFormat.WRITTEN_ROCKSDB_VERSION);
        option(OptionsFileFormat.FILE_VERSION, OptionsFileFormat.WRITTEN_FILE_VERSION);
        out.append('\n');
        section(OptionsFileFormat.DB_OPTIONS);
    }

    /** Begins a column family, of which at least {@link #table} has to follow. */
    public OptionsFileWriter columnFamily(String name) {
        out.append('\n');
        section(OptionsFileFormat.CF_OPTIONS + argument(name));
        return this;
    }

    /** Begins the options of a column family's tables. */
    public OptionsFileWriter table(String columnFamily) {
        section(OptionsFileFormat.TABLE_OPTIONS_PREFIX + OptionsFileFormat.BLOCK_BASED_TABLE + argument(columnFamily));
        return this;
    }

    /** Writes an option whose text needs no escapes. */
    public OptionsFileWriter option(String name, Object value) {
        out.append("  ").append(name).append('=').append(value).append('\n');
        return this;
    }

    /** The file. */
    public byte[] bytes() {
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private void section(String title) {
        out.append('[').append(title).append("]\n");
    }

    private static String argument(String name) {
        String bytes = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return " \"" + OptionText.escape(bytes) + "\"";
    }
}
