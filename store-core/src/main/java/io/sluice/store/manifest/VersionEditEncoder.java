// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata.CustomField;
import org.jspecify.annotations.Nullable;

/** Writes version edits in {@link ManifestFormat}, fields in RocksDB's order. */
final class VersionEditEncoder {
    private VersionEditEncoder() {}

    static void encode(VersionEdit edit, ByteWriter out) throws StoreException {
        putString(out, ManifestFormat.DB_ID, edit.dbId());
        putString(out, ManifestFormat.COMPARATOR, edit.comparatorName());
        putNumber(out, ManifestFormat.LOG_NUMBER, edit.logNumber());
        putNumber(out, ManifestFormat.PREV_LOG_NUMBER, edit.prevLogNumber());
        putNumber(out, ManifestFormat.NEXT_FILE_NUMBER, edit.nextFileNumber());
        putNumber(out, ManifestFormat.MAX_COLUMN_FAMILY, edit.maxColumnFamily());
        putNumber(out, ManifestFormat.MIN_LOG_NUMBER_TO_KEEP, edit.minLogNumberToKeep());
        putNumber(out, ManifestFormat.LAST_SEQUENCE, edit.lastSequence());
        for (VersionEdit.DeletedFile deleted : edit.deletedFiles()) {
            out.putVarint32(ManifestFormat.DELETED_FILE)
                    .putVarint32(deleted.level())
                    .putVarint64(deleted.number());
        }
        for (VersionEdit.NewFile added : edit.newFiles()) {
            putFile(out, added.level(), added.file());
        }
        if (edit.columnFamily() != 0) {
            out.putVarint32(ManifestFormat.COLUMN_FAMILY).putVarint32(edit.columnFamily());
        }
        putString(out, ManifestFormat.COLUMN_FAMILY_ADD, edit.addedColumnFamily());
        if (edit.dropsColumnFamily()) {
            out.putVarint32(ManifestFormat.COLUMN_FAMILY_DROP);
        }
        putNumber(out, ManifestFormat.IN_ATOMIC_GROUP, edit.remainingInGroup());
    }

    private static void putFile(ByteWriter out, int level, FileMetadata file) throws StoreException {
        if (file.epochNumber() <= 0) {
            throw StoreException.invalid(
                    "manifest.no-epoch-number",
                    "file " + file.number() + " has epoch number " + file.epochNumber()
                            + "; L0 files are ordered by it, it must be at least 1");
        }
        out.putVarint32(ManifestFormat.NEW_FILE_4)
                .putVarint32(level)
                .putVarint64(file.number())
                .putVarint64(file.size())
                .putLengthPrefixed(file.smallest().toByteArray())
                .putLengthPrefixed(file.largest().toByteArray())
                .putVarint64(file.smallestSequence())
                .putVarint64(file.largestSequence());
        putField(out, ManifestFormat.FIELD_OLDEST_ANCESTOR_TIME, file.oldestAncestorTime());
        putField(out, ManifestFormat.FIELD_FILE_CREATION_TIME, file.fileCreationTime());
        putField(out, ManifestFormat.FIELD_EPOCH_NUMBER, file.epochNumber());
        for (CustomField field : file.customFields()) {
            out.putVarint32(field.tag()).putLengthPrefixed(field.value().toByteArray());
        }
        out.putVarint32(ManifestFormat.FIELD_TERMINATE);
    }

    private static void putField(ByteWriter out, int tag, long value) {
        ByteWriter varint = new ByteWriter(16).putVarint64(value);
        out.putVarint32(tag).putLengthPrefixed(varint.toByteArray());
    }

    private static void putNumber(ByteWriter out, int tag, long value) {
        if (value != VersionEdit.ABSENT) {
            out.putVarint32(tag).putVarint64(value);
        }
    }

    private static void putString(ByteWriter out, int tag, @Nullable String value) {
        if (value != null) {
            out.putVarint32(tag).putString(value);
        }
    }
}
