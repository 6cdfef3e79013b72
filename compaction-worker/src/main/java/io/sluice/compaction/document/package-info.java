/**
 * The JSON documents that a store and its compaction workers exchange, and the RESULT file: {@code
 * docs/protocol-compaction.md}. A record is a document, or a part of one, as it stands in JSON: its components are the
 * keys, in snake case. {@link io.sluice.compaction.document.Documents} reads and writes them; what it has read is within
 * the ranges that the records tell.
 *
 * <p>A key's name or range changes with {@link io.sluice.compaction.document.Document#VERSION} only.
 */
@NullMarked
package io.sluice.compaction.document;

import org.jspecify.annotations.NullMarked;
