// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

/**
 * A write of a random store.
 *
 * @param value the operand of a merge, the end of a range deletion, empty for other deletions
 */
record Write(Kind kind, String family, String key, String value) {
    enum Kind {
        PUT,
        DELETE,
        SINGLE_DELETE,
        MERGE,
        DELETE_RANGE
    }
}
