// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileMetadata.CustomField;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads version edits in {@link ManifestFormat}. */
final class VersionEditDecoder {
    private final String what;
    private final ByteReader in;
    private final VersionEdit edit = new VersionEdit();

    private VersionEditDecoder(String what, DirectBuffer record) {
        this.what = what;
        this.in = new ByteReader(what, record);
    }

    /** The edit in a record; {@code what} names its source in errors. */
    static VersionEdit decode(String what, DirectBuffer record) throws StoreException {
        return new VersionEditDecoder(what, record).decode();
    }

    private VersionEdit decode() throws StoreException {
        while (in.remaining() > 0) {
            readField(in.readVarint32());
        }
        return edit;
    }

    private void readField(int tag) throws StoreException {
        switch (tag) {
            case ManifestFormat.COMPARATOR -> edit.comparatorName(in.readString());
            case ManifestFormat.LOG_NUMBER -> edit.logNumber(readNumber(in));
            case ManifestFormat.NEXT_FILE_NUMBER -> edit.nextFileNumber(readNumber(in));
            case ManifestFormat.LAST_SEQUENCE -> edit.lastSequence(readSequence());
            case ManifestFormat.COMPACT_CURSOR -> {
                readLevel();
                in.skip(in.readLength());
            }
            case ManifestFormat.DELETED_FILE -> edit.deleteFile(readLevel(), readNumber(in));
            case ManifestFormat.PREV_LOG_NUMBER -> edit.prevLogNumber(readNumber(in));
            case ManifestFormat.MIN_LOG_NUMBER_TO_KEEP -> edit.minLogNumberToKeep(readNumber(in));
            case ManifestFormat.NEW_FILE_1, ManifestFormat.NEW_FILE_2, ManifestFormat.NEW_FILE_3 -> readOldFile(tag);
            case ManifestFormat.NEW_FILE_4 -> readFile();
            case ManifestFormat.COLUMN_FAMILY -> edit.columnFamily(readId());
            case ManifestFormat.COLUMN_FAMILY_ADD -> edit.addColumnFamily(in.readString());
            case ManifestFormat.COLUMN_FAMILY_DROP -> edit.dropColumnFamily();
            case ManifestFormat.MAX_COLUMN_FAMILY -> edit.maxColumnFamily(readId());
            case ManifestFormat.IN_ATOMIC_GROUP -> edit.remainingInGroup(readId());
            case ManifestFormat.DB_ID -> edit.dbId(in.readString());
            case ManifestFormat.BLOB_FILE_ADDITION,
                    ManifestFormat.BLOB_FILE_GARBAGE,
                    ManifestFormat.BLOB_FILE_ADDITION_OLD,
                    ManifestFormat.BLOB_FILE_GARBAGE_OLD -> throw unsupported("blob files (enable_blob_files)");
            case ManifestFormat.WAL_ADDITION_OLD, ManifestFormat.WAL_DELETION_OLD ->
                throw unsupported("RocksDB 6's tracking of WALs (track_and_verify_wals_in_manifest)");
            default -> {
                if ((tag & ManifestFormat.IGNORABLE_MASK) == 0) {
                    throw unsupported("the unknown tag " + Integer.toUnsignedString(tag));
                }
                in.skip(in.readLength());
            }
        }
    }

    private void readOldFile(int tag) throws StoreException {
        int level = readLevel();
        long number = readNumber(in);
        if (tag == ManifestFormat.NEW_FILE_3 && in.readVarint32() != 0) {
            throw unsupported("several directories (db_paths)");
        }
        long size = readNumber(in);
        Slice smallest = readKey();
        Slice largest = readKey();
        long first = tag == ManifestFormat.NEW_FILE_1 ? 0 : readSequence();
        long last = tag == ManifestFormat.NEW_FILE_1 ? 0 : readSequence();
        edit.addFile(level, new FileMetadata(number, size, smallest, largest, first, last, 0, 0, 0));
    }

    private void readFile() throws StoreException {
        int level = readLevel();
        long number = readNumber(in);
        long size = readNumber(in);
        Slice smallest = readKey();
        Slice largest = readKey();
        long first = readSequence();
        long last = readSequence();
        long epochNumber = 0;
        long ancestorTime = 0;
        long creationTime = 0;
        List<CustomField> others = new ArrayList<>();
        for (int tag = in.readVarint32(); tag != ManifestFormat.FIELD_TERMINATE; tag = in.readVarint32()) {
            byte[] bytes = in.readLengthPrefixed();
            ByteReader field = new ByteReader(what + ", file " + number + ", field " + tag, new UnsafeBuffer(bytes));
            switch (tag) {
                case ManifestFormat.FIELD_EPOCH_NUMBER -> epochNumber = readNumber(field);
                case ManifestFormat.FIELD_OLDEST_ANCESTOR_TIME -> ancestorTime = readNumber(field);
                case ManifestFormat.FIELD_FILE_CREATION_TIME -> creationTime = readNumber(field);
                case ManifestFormat.FIELD_MIN_LOG_NUMBER_TO_KEEP ->
                    edit.minLogNumberToKeep(checkNumber(field, field.readFixed64()));
                case ManifestFormat.FIELD_PATH_ID -> {
                    if (field.readByte() != 0) {
                        throw unsupported("several directories (db_paths)");
                    }
                }
                case ManifestFormat.FIELD_OLDEST_BLOB_FILE -> throw unsupported("blob files (enable_blob_files)");
                default -> {
                    if ((tag & ManifestFormat.FIELD_MUST_UNDERSTAND_MASK) != 0) {
                        throw unsupported("the unknown file field " + Integer.toUnsignedString(tag));
                    }
                    others.add(new CustomField(tag, Slice.wrap(bytes)));
                }
            }
        }
        FileMetadata file = new FileMetadata(
                number, size, smallest, largest, first, last, epochNumber, ancestorTime, creationTime, others);
        if ((file.field(ManifestFormat.FIELD_CHECKSUM) == null)
                != (file.field(ManifestFormat.FIELD_CHECKSUM_NAME) == null)) {
            throw in.error("file " + number + " has only one of checksum (7) and checksum name (8)");
        }
        edit.addFile(level, file);
    }

    private int readLevel() throws StoreException {
        int level = in.readVarint32();
        if (level < 0 || level >= ManifestFormat.MAX_LEVELS) {
            throw in.error("level=" + Integer.toUnsignedString(level) + " is not below " + ManifestFormat.MAX_LEVELS);
        }
        return level;
    }

    private Slice readKey() throws StoreException {
        byte[] key = in.readLengthPrefixed();
        if (key.length < InternalKey.TRAILER_LENGTH) {
            throw in.error("an internal key of " + key.length + " bytes, expected at least 8");
        }
        return Slice.wrap(key);
    }

    private int readId() throws StoreException {
        int id = in.readVarint32();
        if (id < 0) {
            throw in.error("the number " + Integer.toUnsignedString(id) + " is above 2^31-1");
        }
        return id;
    }

    private long readSequence() throws StoreException {
        long sequence = in.readVarint64();
        if (sequence < 0 || sequence > InternalKey.MAX_SEQUENCE) {
            throw in.error("sequence=" + Long.toUnsignedString(sequence) + " is above 2^56-1");
        }
        return sequence;
    }

    private static long readNumber(ByteReader in) throws StoreException {
        return checkNumber(in, in.readVarint64());
    }

    /** Numbers count files, bytes and seconds: the highest bits are never used, RocksDB keeps two of them for itself. */
    private static long checkNumber(ByteReader in, long number) throws StoreException {
        if (number >>> 62 != 0) {
            throw in.error("the number " + Long.toUnsignedString(number) + " is above 2^62-1");
        }
        return number;
    }

    private StoreException unsupported(String feature) {
        return new StoreException(
                Kind.NOT_SUPPORTED,
                "manifest.unsupported",
                what + " at offset " + in.position() + ": the store uses " + feature
                        + ", which this version does not read");
    }
}
