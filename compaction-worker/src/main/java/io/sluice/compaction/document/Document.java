// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

/** A document of its own: what a request or answer carries, or a RESULT file. A value. */
public sealed interface Document permits JobDocument, Submitted, Progress, ResultDocument, ErrorDocument {
    /** The version of all documents that this release writes, and the only one that it reads. */
    int VERSION = 1;

    /** The document's version: {@link #VERSION}. */
    int version();
}
