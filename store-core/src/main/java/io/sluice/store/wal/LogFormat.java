// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

/**
 * RocksDB's log framing, of WAL and manifest (db/log_format.h). A file is a run of blocks of 32 KiB; a record is one
 * fragment, or several where it doesn't fit into its block's rest. Fewer than seven bytes left in a block are zeros.
 *
 * <pre>
 *   0        4      6    7
 *   +--------+------+----+-----------+
 *   | crc    | len  |type| payload   |
 *   +--------+------+----+-----------+
 *   crc   u32 LE, masked CRC32C of type and payload
 *   len   u16 LE, bytes of payload
 * </pre>
 *
 * See docs/formats/manifest.md.
 */
public final class LogFormat {
    /** Bytes of a block. */
    public static final int BLOCK_LENGTH = 32 * 1024;
    /** Bytes before a fragment's payload. */
    public static final int HEADER_LENGTH = 7;
    /** Where the length stands in a header. */
    public static final int LENGTH_OFFSET = 4;
    /** Where the type stands in a header. */
    public static final int TYPE_OFFSET = 6;

    /** Bytes that were reserved and never written. */
    public static final int TYPE_ZERO = 0;
    /** A whole record. */
    public static final int TYPE_FULL = 1;
    /** A record's first fragment. */
    public static final int TYPE_FIRST = 2;
    /** A fragment between. */
    public static final int TYPE_MIDDLE = 3;
    /** A record's last fragment. */
    public static final int TYPE_LAST = 4;
    /** From here to {@link #TYPE_RECYCLABLE_LAST}: the same four in a file that is written again, with longer headers. */
    public static final int TYPE_RECYCLABLE_FULL = 5;
    /** See {@link #TYPE_RECYCLABLE_FULL}. */
    public static final int TYPE_RECYCLABLE_LAST = 8;
    /** Says that what follows is compressed. */
    public static final int TYPE_SET_COMPRESSION = 9;
    /** Types with this bit may be passed over by who does not know them. */
    public static final int TYPE_IGNORABLE_MASK = 0x80;

    private LogFormat() {}
}
