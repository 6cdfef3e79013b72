// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

/**
 * How far an attempt is. The numbers only grow; a deadline that knows progress is put off while one does. A value.
 *
 * @param inputEntries entries read, told in steps of about a thousand for each range
 * @param bytesRead from storage; about {@link Compaction#inputSize()} at the end, more where several ranges read the same
 *     indexes, less where outputs were adopted
 * @param bytesWritten to storage, also of the outputs under way
 * @param outputs finished or adopted
 */
public record CompactionCounts(long inputEntries, long bytesRead, long bytesWritten, int outputs) {}
