// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes an OPTIONS file apart. What the options mean is not its business: only sections, names and values. It is stricter
 * than RocksDB where a file says nothing clear: a name or section twice, an option outside of sections, and no version are
 * errors. Used once, by one thread.
 */
public final class OptionsFileReader {
    private final String where;
    private final List<OptionSection> sections = new ArrayList<>();
    private int line;
    private int options;

    private @Nullable OptionSection title;
    private List<OptionEntry> entries = new ArrayList<>();
    private Set<String> names = new HashSet<>();

    private OptionsFileReader(String where) {
        this.where = where;
    }

    /**
     * Takes a file apart.
     *
     * @param file its bytes
     * @param where what messages call it
     * @throws StoreException {@code CORRUPTION} {@code options.file.*}, with the line; {@code NOT_SUPPORTED} {@code
     *     options.file.version}; nothing else, whatever the bytes
     */
    public static OptionsFile read(byte[] file, String where) throws StoreException {
        if (file.length > OptionsFileFormat.MAX_LENGTH) {
            throw tooLong(where, file.length);
        }
        return new OptionsFileReader(where).run(new String(file, StandardCharsets.ISO_8859_1));
    }

    /** The error of a file that is longer than is read. */
    public static StoreException tooLong(String where, long length) {
        return StoreException.corruption(
                "options.file.length",
                where + " has " + length + " bytes, an OPTIONS file has at most " + OptionsFileFormat.MAX_LENGTH
                        + ": delete it, or restore it");
    }

    private OptionsFile run(String text) throws StoreException {
        for (int start = 0; start < text.length(); ) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            line++;
            read(OptionText.withoutComment(text.substring(start, end)));
            start = end + 1;
        }
        endSection();
        return assemble();
    }

    private void read(String text) throws StoreException {
        if (text.isEmpty()) {
            return;
        }
        if (text.length() >= 2 && text.charAt(0) == '[' && text.charAt(text.length() - 1) == ']') {
            endSection();
            if (sections.size() > 2 * OptionsFileFormat.MAX_COLUMN_FAMILIES) {
                throw malformed(line, "more than " + OptionsFileFormat.MAX_COLUMN_FAMILIES + " column families");
            }
            title = title(text);
            return;
        }
        int equals = text.indexOf('=');
        String name = equals < 0 ? "" : OptionText.trim(text.substring(0, equals));
        if (name.isEmpty()) {
            throw malformed(line, "expected name=value or [a section], found " + OptionText.shown(text));
        }
        if (title == null) {
            throw malformed(line, "the option " + OptionText.shown(name) + " stands before the first section");
        }
        if (!names.add(name)) {
            throw malformed(line, "the option " + OptionText.shown(name) + " stands twice in its section");
        }
        if (++options > OptionsFileFormat.MAX_OPTIONS) {
            throw malformed(line, "more than " + OptionsFileFormat.MAX_OPTIONS + " options");
        }
        entries.add(new OptionEntry(line, name, OptionText.trim(text.substring(equals + 1))));
    }

    private OptionSection title(String text) {
        int open = text.indexOf('"');
        int close = text.lastIndexOf('"');
        boolean hasArgument = open >= 0 && open != close;
        String name = OptionText.trim(text.substring(1, hasArgument ? open : text.length() - 1));
        String argument = hasArgument ? OptionText.unescape(text.substring(open + 1, close)) : "";
        return new OptionSection(line, name, argument, List.of());
    }

    private void endSection() {
        OptionSection ended = title;
        if (ended != null) {
            sections.add(new OptionSection(ended.line(), ended.title(), ended.argument(), entries));
        }
        title = null;
        entries = new ArrayList<>();
        names = new HashSet<>();
    }

    private OptionsFile assemble() throws StoreException {
        OptionSection version = null;
        OptionSection db = null;
        List<OptionSection> families = new ArrayList<>();
        Map<String, OptionSection> tables = new HashMap<>();
        Set<String> familyNames = new HashSet<>();
        for (OptionSection section : sections) {
            switch (section.title()) {
                case OptionsFileFormat.VERSION -> version = only(version, section);
                case OptionsFileFormat.DB_OPTIONS -> db = only(db, section);
                case OptionsFileFormat.CF_OPTIONS -> {
                    checkFamily(section, families.isEmpty(), familyNames.add(section.argument()));
                    families.add(section);
                }
                default -> {
                    checkTable(section, familyNames);
                    only(tables.put(section.argument(), section), section);
                }
            }
        }
        String release = checkVersion(version);
        if (db == null || families.isEmpty()) {
            throw malformed(
                    line,
                    "the file ends without the section "
                            + (db == null ? "[DBOptions]" : "[CFOptions \"default\"]: it was cut off"));
        }
        return new OptionsFile(
                release,
                db,
                families.stream()
                        .map(family -> new OptionsFile.ColumnFamily(family, tables.get(family.argument())))
                        .toList());
    }

    private OptionSection only(@Nullable OptionSection before, OptionSection section) throws StoreException {
        if (before != null) {
            throw malformed(
                    section.line(),
                    "the section [" + OptionText.shown(section.title()) + "] of line " + before.line()
                            + " stands again");
        }
        return section;
    }

    private void checkFamily(OptionSection section, boolean isFirst, boolean isNew) throws StoreException {
        boolean isDefault = section.argument().equals(OptionsFileFormat.DEFAULT_COLUMN_FAMILY);
        if (isFirst != isDefault || !isNew || section.argument().isEmpty()) {
            throw malformed(
                    section.line(),
                    "the section of the column family \"" + OptionText.shown(section.argument())
                            + "\": expected the default one first, and each other with a name of its own");
        }
    }

    private void checkTable(OptionSection section, Set<String> families) throws StoreException {
        boolean isTable = section.title().startsWith(OptionsFileFormat.TABLE_OPTIONS_PREFIX)
                && section.title().length() > OptionsFileFormat.TABLE_OPTIONS_PREFIX.length();
        if (!isTable) {
            throw malformed(
                    section.line(),
                    "the unknown section [" + OptionText.shown(section.title())
                            + "]; there are [Version], [DBOptions], [CFOptions \"...\"], [TableOptions/... \"...\"]");
        }
        if (!families.contains(section.argument())) {
            throw malformed(
                    section.line(),
                    "options of tables of the column family \"" + OptionText.shown(section.argument())
                            + "\", which no section above describes");
        }
    }

    /** The release that the file names. */
    private String checkVersion(@Nullable OptionSection section) throws StoreException {
        String release = "";
        OptionEntry format = null;
        if (section != null) {
            for (OptionEntry entry : section.entries()) {
                if (entry.name().equals(OptionsFileFormat.FILE_VERSION)) {
                    format = entry;
                } else if (entry.name().equals(OptionsFileFormat.ROCKSDB_VERSION)) {
                    number(entry, 2);
                    release = entry.value();
                }
            }
        }
        if (format == null) {
            throw malformed(
                    section == null ? line : section.line(),
                    "there is no options_file_version in a section [Version]: is this an OPTIONS file?");
        }
        if (number(format, 1) != OptionsFileFormat.MAJOR) {
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "options.file.version",
                    where + ", line " + format.line() + ": options_file_version=" + OptionText.shown(format.value())
                            + ", only 1.x can be read: use a newer release of Sluice");
        }
        return release;
    }

    /** The first number of a version, which has at most so many dots. */
    private int number(OptionEntry version, int dots) throws StoreException {
        if (!version.value().matches("[0-9]{1,6}(\\.[0-9]{1,6}){0," + dots + "}")) {
            throw malformed(
                    version.line(),
                    version.name() + "=" + OptionText.shown(version.value())
                            + " is no version: expected numbers with at most " + dots + " dots between them");
        }
        return Integer.parseInt(version.value().split("\\.", -1)[0]);
    }

    private StoreException malformed(int at, String what) {
        return StoreException.corruption(
                "options.file.malformed",
                where + ", line " + at + ": " + what + "; correct it, or delete the file, which the next opening writes"
                        + " anew");
    }
}
