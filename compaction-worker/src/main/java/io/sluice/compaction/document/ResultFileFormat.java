// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

/**
 * The RESULT file of a compaction's attempt: it tells that the attempt is complete, and what it made. Drawn in {@code
 * docs/formats/compaction-result.md}.
 *
 * <pre>
 *  offset  bytes  little-endian
 *       0      4  magic "SLCR"
 *       4      4  version, 1
 *       8      4  payload length
 *      12      4  CRC32C of the payload, masked
 *      16         payload: a ResultDocument
 * </pre>
 */
final class ResultFileFormat {
    /** The file's name within the attempt's directory. */
    static final String NAME = "RESULT";

    /** Its name until it is whole. */
    static final String TEMPORARY_NAME = "RESULT.tmp";

    static final int MAGIC = 0x52434c53;
    static final int VERSION = 1;
    static final int VERSION_OFFSET = 4;
    static final int LENGTH_OFFSET = 8;
    static final int CRC_OFFSET = 12;
    static final int HEADER_LENGTH = 16;

    private ResultFileFormat() {}
}
