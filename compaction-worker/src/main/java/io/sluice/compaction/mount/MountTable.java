// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.config.ConfigException;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a worker's owner lets jobs have mounted: rows of an instance name (or {@code *}), a file system's type, a source
 * and options. A source allows itself and what is below it, by whole components. An option allows itself, and {@code
 * name=*} any value of it. A job's mount must fit one row as a whole: what rows allow is never put together. Immutable.
 *
 * <p>What a job asks for is held against patterns before anything else, so that no part of it can be taken for a flag, a
 * second option or another directory.
 */
public final class MountTable {
    private static final int MAX_ROWS = 1000;

    private static final String ANY = "*";
    private static final String NO_OPTIONS = "-";

    private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9._]{0,31}");
    private static final Pattern SOURCE = Pattern.compile("[A-Za-z0-9:/\\[@._][A-Za-z0-9@._:/\\[\\]%+~-]{0,1023}");
    private static final Pattern OPTION = Pattern.compile("[a-z][a-z0-9._-]*(=[A-Za-z0-9@._:/\\[\\]%+-]*)?");
    private static final Pattern ALLOWED_OPTION = Pattern.compile(OPTION.pattern() + "|[a-z][a-z0-9._-]*=\\*");

    private final List<Row> rows;

    private MountTable(List<Row> rows) {
        this.rows = List.copyOf(rows);
    }

    private record Row(String instance, String type, String source, Set<String> options) {
        boolean isFor(String name) {
            return instance.equals(ANY) || instance.equals(name);
        }

        boolean allowsSource(String wantedType, String wanted) {
            return type.equals(wantedType) && (wanted.equals(source) || wanted.startsWith(withSlash(source)));
        }

        /** An option that it does not allow, or null. */
        @Nullable
        String refused(List<String> wanted) {
            for (String option : wanted) {
                int equals = option.indexOf('=');
                if (!options.contains(option)
                        && (equals < 0 || !options.contains(option.substring(0, equals + 1) + ANY))) {
                    return option;
                }
            }
            return null;
        }
    }

    /**
     * Reads a table: a line for a row, of four words: {@code INSTANCE TYPE SOURCE OPTIONS}; the options are separated by
     * commas, {@code -} for none. Empty lines and what follows {@code #} do not count.
     *
     * @throws ConfigException where the file can't be read or a line is wrong, naming it
     */
    public static MountTable read(Path file) {
        try {
            return parse(file.toString(), Files.readAllLines(file));
        } catch (IOException e) {
            throw new ConfigException("mounts file " + file + ": can't be read: " + e);
        }
    }

    /** As {@link #read}, of lines that were read from {@code name}. */
    public static MountTable parse(String name, List<String> lines) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replaceFirst("#.*", "").strip();
            if (!line.isEmpty()) {
                try {
                    rows.add(row(line.split("\\s+", -1)));
                } catch (IllegalArgumentException e) {
                    throw new ConfigException("mounts file " + name + ", line " + (i + 1) + ": " + e.getMessage());
                }
            }
        }
        if (rows.isEmpty() || rows.size() > MAX_ROWS) {
            throw new ConfigException(
                    "mounts file " + name + ": expected 1 to " + MAX_ROWS + " rows, found " + rows.size());
        }
        return new MountTable(rows);
    }

    private static Row row(String[] words) {
        if (words.length != 4) {
            throw new IllegalArgumentException(
                    "expected INSTANCE TYPE SOURCE OPTIONS (- for none), found " + words.length + " words");
        }
        Set<String> options = new HashSet<>();
        for (String option : words[3].equals(NO_OPTIONS) ? new String[0] : words[3].split(",", -1)) {
            if (!ALLOWED_OPTION.matcher(option).matches()) {
                throw new IllegalArgumentException("'" + option + "' is no option");
            }
            if (isSecret(option)) {
                throw new IllegalArgumentException(
                        "a password would be seen by all of the machine: use the file system's file of credentials");
            }
            options.add(option);
        }
        return new Row(words[0], type(words[1]), source(words[2]), options);
    }

    /**
     * What to mount for a job.
     *
     * @param instance the store's name on workers
     * @throws StoreException {@code INVALID_ARGUMENT} {@code compaction.worker.mount} where the owner does not allow it
     */
    public Mount allow(String instance, HosterDocument.Mount wanted) throws StoreException {
        Mount mount;
        List<String> options;
        try {
            options = options(wanted.options());
            mount = new Mount(type(wanted.type()), source(wanted.source()), String.join(",", options));
        } catch (IllegalArgumentException e) {
            throw refused(instance, e.getMessage() + ", in what the job names to be mounted");
        }
        String option = null;
        for (Row row : rows) {
            if (row.isFor(instance) && row.allowsSource(mount.type(), mount.source())) {
                option = row.refused(options);
                if (option == null) {
                    return mount;
                }
            }
        }
        throw refused(
                instance,
                option == null
                        ? "no row allows " + mount.type() + " " + mount.source()
                        : "the option " + (isSecret(option) ? "of a password" : option) + " is not allowed for "
                                + mount.type() + " " + mount.source());
    }

    private static StoreException refused(String instance, String problem) {
        return StoreException.invalid(
                "compaction.worker.mount",
                "the worker does not mount for instance " + instance + ": " + problem
                        + "; let its owner allow it, or correct nfs_type, nfs_mnt_src and nfs_mnt_opt");
    }

    private static String type(String text) {
        if (!TYPE.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is no type of a file system");
        }
        return text;
    }

    /** A source in its plain form: no slash at its end, but for a root. */
    private static String source(String text) {
        if (!SOURCE.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is no source");
        }
        String plain = text;
        while (plain.length() > 1 && plain.endsWith("/") && !plain.endsWith(":/")) {
            plain = plain.substring(0, plain.length() - 1);
        }
        // Two slashes at the beginning are how some types spell a server.
        for (String part : plain.replaceFirst("^//", "").split("/", -1)) {
            if (part.equals(".") || part.equals("..")) {
                throw new IllegalArgumentException("'" + text + "' has '" + part + "' in it");
            }
        }
        if (plain.indexOf("//", 1) >= 0) {
            throw new IllegalArgumentException("'" + text + "' has an empty part");
        }
        return plain;
    }

    private static List<String> options(String text) {
        if (text.isEmpty()) {
            return List.of();
        }
        List<String> options = List.of(text.split(",", -1));
        Set<String> names = new HashSet<>();
        for (String option : options) {
            if (!OPTION.matcher(option).matches()) {
                throw new IllegalArgumentException("'" + option + "' is no option");
            }
            if (!names.add(option.replaceFirst("=.*", ""))) {
                throw new IllegalArgumentException("the option '" + option + "' is not the only one of its name");
            }
        }
        return options;
    }

    private static boolean isSecret(String option) {
        return option.startsWith("pass");
    }

    private static String withSlash(String source) {
        return source.endsWith("/") ? source : source + "/";
    }
}
