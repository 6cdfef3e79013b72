// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

/**
 * The RESULT file of an attempt: its outcome, for a generator that lost the worker's connection. Drawn in
 * {@code docs/formats/flush-result.md}.
 *
 * <pre>
 *  offset  bytes  little-endian
 *       0      4  magic "SLFR"
 *       4      4  version, 1
 *       8      4  payload length
 *      12      4  CRC32C of the payload, masked
 *      16         payload: an AttemptResult message
 * </pre>
 */
final class ResultFileFormat {
    /** The file's name within the attempt's directory. */
    static final String NAME = "RESULT";

    /** Its name until it is whole. */
    static final String TEMPORARY_NAME = "RESULT.tmp";

    static final int MAGIC = 0x52464c53;
    static final int VERSION = 1;
    static final int VERSION_OFFSET = 4;
    static final int LENGTH_OFFSET = 8;
    static final int CRC_OFFSET = 12;
    static final int HEADER_LENGTH = 16;

    private ResultFileFormat() {}
}
