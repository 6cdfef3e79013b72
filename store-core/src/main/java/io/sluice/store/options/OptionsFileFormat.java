// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

/**
 * The OPTIONS file, as {@code options/options_parser.cc} has it; drawn in docs/formats/options-file.md.
 *
 * <pre>
 * # comment
 * [Version]
 *   rocksdb_version=7.8.3
 *   options_file_version=1.1
 * [DBOptions]
 *   name=value
 * [CFOptions "default"]
 *   name=value
 * [TableOptions/BlockBasedTable "default"]
 *   name=value
 * </pre>
 */
public final class OptionsFileFormat {
    /** The first section. */
    public static final String VERSION = "Version";

    /** The store's options. */
    public static final String DB_OPTIONS = "DBOptions";

    /** The options of a column family, whose name follows; the default one is the first. */
    public static final String CF_OPTIONS = "CFOptions";

    /** What the sections of tables' options begin with: the name of the kind of table follows. */
    public static final String TABLE_OPTIONS_PREFIX = "TableOptions/";

    /** The kind of table that Sluice has. */
    public static final String BLOCK_BASED_TABLE = "BlockBasedTable";

    /** The column family that is described first. */
    public static final String DEFAULT_COLUMN_FAMILY = "default";

    /** The release of RocksDB whose options the file has. */
    public static final String ROCKSDB_VERSION = "rocksdb_version";

    /** The version of the format. */
    public static final String FILE_VERSION = "options_file_version";

    /** The release all of whose names and values we write: what we write, it and later ones read. */
    static final String WRITTEN_ROCKSDB_VERSION = "7.8.3";

    /** The version of the format that we write. */
    static final String WRITTEN_FILE_VERSION = "1.1";

    /** The major version of the format that can be read. */
    static final int MAJOR = 1;

    /** Stands for an object that is not set. */
    public static final String NULL = "nullptr";

    /** Bytes of a file that is read at most: RocksDB writes about 8 KiB for a column family, Sluice 2 KiB. */
    public static final int MAX_LENGTH = 16 << 20;

    /** Column families in a file that is read at most. */
    static final int MAX_COLUMN_FAMILIES = 1 << 16;

    /** Options in a file that is read at most. */
    static final int MAX_OPTIONS = 1 << 19;

    private OptionsFileFormat() {}
}
