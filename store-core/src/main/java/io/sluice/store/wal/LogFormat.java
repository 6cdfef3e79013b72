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
    /** Bytes before a payload where the type is recyclable: behind the type stand the log's number's low 32 bits. */
    public static final int RECYCLABLE_HEADER_LENGTH = 11;
    /** Where the log's number stands in a recyclable header. */
    public static final int LOG_NUMBER_OFFSET = 7;
    /** Says that what follows is compressed. */
    public static final int TYPE_SET_COMPRESSION = 9;
    /** Sizes of user-defined timestamps; 11 is its recyclable form. */
    public static final int TYPE_TIMESTAMP_SIZE = 10;
    /** See {@link #TYPE_TIMESTAMP_SIZE}. */
    public static final int TYPE_RECYCLABLE_TIMESTAMP_SIZE = 11;
    /** What the log before held ({@code track_and_verify_wals}), in its recyclable form; the other is 130. */
    public static final int TYPE_RECYCLABLE_PREDECESSOR = 131;
    /** Types with this bit may be passed over by who does not know them. */
    public static final int TYPE_IGNORABLE_MASK = 0x80;

    /** Whether a fragment of this type has the longer header. */
    static boolean isRecyclable(int type) {
        return (type >= TYPE_RECYCLABLE_FULL && type <= TYPE_RECYCLABLE_LAST)
                || type == TYPE_RECYCLABLE_TIMESTAMP_SIZE
                || type == TYPE_RECYCLABLE_PREDECESSOR;
    }

    private LogFormat() {}
}
