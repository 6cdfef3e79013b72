// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.LoadedOptions.Reason;
import io.sluice.store.LoadedOptions.SkippedOption;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.options.OptionEntry;
import io.sluice.store.options.OptionSection;
import io.sluice.store.options.OptionText;
import io.sluice.store.options.OptionsFile;
import io.sluice.store.options.OptionsFileFormat;
import io.sluice.store.options.RocksDbOptionNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Understands the options of a file, and keeps account of those that it passes over. Used once, by one thread. */
final class OptionsInterpreter {
    private final ConfigOptions config;
    private final String where;
    private final List<SkippedOption> skipped = new ArrayList<>();

    /**
     * Takes one option.
     *
     * @param <B> the builder that it belongs to
     */
    @FunctionalInterface
    interface Setter<B> {
        void set(B builder, OptionValue value) throws StoreException;
    }

    OptionsInterpreter(ConfigOptions config, String where) {
        this.config = config;
        this.where = where;
    }

    LoadedOptions run(OptionsFile file) throws StoreException {
        DBOptions.Builder db = DBOptions.builder();
        take(file.db(), DbOptionSetters.BY_NAME, RocksDbOptionNames.DB, db);
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (OptionsFile.ColumnFamily family : file.columnFamilies()) {
            families.add(columnFamily(family));
        }
        return new LoadedOptions(file.rocksDbVersion(), db.build(), families, skipped);
    }

    private ColumnFamilyDescriptor columnFamily(OptionsFile.ColumnFamily family) throws StoreException {
        ColumnFamilyOptionSetters setters = new ColumnFamilyOptionSetters(config);
        take(family.options(), setters.byName(), RocksDbOptionNames.COLUMN_FAMILY, setters);
        OptionSection table = family.table();
        if (table != null && table.title().endsWith("/" + OptionsFileFormat.BLOCK_BASED_TABLE)) {
            take(table, TableOptionSetters.BY_NAME, RocksDbOptionNames.BLOCK_BASED_TABLE, setters.table());
        } else if (table != null) {
            String kind = table.title().substring(OptionsFileFormat.TABLE_OPTIONS_PREFIX.length());
            OptionEntry entry = new OptionEntry(table.line(), "table_factory", kind);
            unsupported(new OptionValue(this, section(table), entry, kind), "there is BlockBasedTable only");
        }
        try {
            return new ColumnFamilyDescriptor(text(family.options().argument()), setters.build());
        } catch (IllegalArgumentException contradiction) {
            throw new StoreException(
                    Kind.INVALID_ARGUMENT,
                    "options.file.value",
                    where + ", section of line " + family.options().line() + ": " + contradiction.getMessage(),
                    contradiction);
        }
    }

    private <B> void take(OptionSection section, Map<String, Setter<B>> setters, Set<String> known, B builder)
            throws StoreException {
        String title = section(section);
        for (OptionEntry entry : section.entries()) {
            OptionValue value = new OptionValue(this, title, entry, entry.value());
            Setter<B> setter = setters.get(entry.name());
            if (setter != null) {
                setter.set(builder, value);
            } else if (known.contains(entry.name())) {
                skip(value, Reason.NOT_IN_SLUICE);
            } else if (config.ignoreUnknownOptions()) {
                skip(value, Reason.UNKNOWN);
            } else {
                throw StoreException.invalid(
                        "options.file.unknown",
                        at(value) + ": unknown option " + OptionText.shown(entry.name())
                                + "; correct it, or pass over it with ignore_unknown_options");
            }
        }
    }

    /** Tells that Sluice cannot take a value; returns where that is to be passed over. */
    void unsupported(OptionValue value, String why) throws StoreException {
        if (!config.ignoreUnsupportedOptions()) {
            throw StoreException.invalid(
                    "options.file.unsupported",
                    at(value) + ": " + OptionText.shown(value.toString()) + ": " + why
                            + "; change it, or pass over it with ignore_unsupported_options");
        }
        skip(value, Reason.VALUE_UNSUPPORTED);
    }

    /** The error of a value that is nonsense. */
    StoreException wrong(OptionValue value, String expected) {
        return StoreException.invalid(
                "options.file.value",
                at(value) + ": " + OptionText.shown(value.toString()) + ": expected " + expected + "; correct it");
    }

    private void skip(OptionValue value, Reason reason) {
        OptionEntry entry = value.entry();
        skipped.add(new SkippedOption(entry.line(), value.section(), text(entry.name()), text(entry.value()), reason));
    }

    private String at(OptionValue value) {
        return where + ", line " + value.entry().line();
    }

    private static String section(OptionSection section) {
        boolean ofFamily = !section.title().equals(OptionsFileFormat.DB_OPTIONS);
        return section.title() + (ofFamily ? " \"" + text(section.argument()) + "\"" : "");
    }

    /** Bytes of a file as text. */
    static String text(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
