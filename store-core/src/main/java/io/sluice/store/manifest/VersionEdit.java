// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change to what the manifest says, of one column family. Filled by its maker, then handed on and left alone. One
 * thread at a time.
 */
public final class VersionEdit {
    /** Stands for a number that the edit does not set. */
    public static final long ABSENT = -1;

    private int columnFamily;
    private @Nullable String dbId;
    private @Nullable String comparatorName;
    private @Nullable String addedColumnFamily;
    private boolean dropsColumnFamily;
    private long logNumber = ABSENT;
    private long prevLogNumber = ABSENT;
    private long nextFileNumber = ABSENT;
    private long lastSequence = ABSENT;
    private long minLogNumberToKeep = ABSENT;
    private long maxColumnFamily = ABSENT;
    private long remainingInGroup = ABSENT;
    private final List<NewFile> newFiles = new ArrayList<>();
    private final List<DeletedFile> deletedFiles = new ArrayList<>();

    /** A file that comes in. */
    public record NewFile(int level, FileMetadata file) {}

    /** A file that goes out. */
    public record DeletedFile(int level, long number) {}

    /** An edit of the default column family. */
    public VersionEdit() {
        this(0);
    }

    /** An edit of the column family with this id. */
    public VersionEdit(int columnFamily) {
        this.columnFamily = columnFamily;
    }

    /** Adds a file. */
    public VersionEdit addFile(int level, FileMetadata file) {
        newFiles.add(new NewFile(level, file));
        return this;
    }

    /** Removes a file. */
    public VersionEdit deleteFile(int level, long number) {
        deletedFiles.add(new DeletedFile(level, number));
        return this;
    }

    /** Sets the oldest log that has entries of this column family which are in no file. */
    public VersionEdit logNumber(long number) {
        logNumber = number;
        return this;
    }

    /** Sets the sequence number up to which this store's entries may be in files. */
    public VersionEdit lastSequence(long sequence) {
        lastSequence = sequence;
        return this;
    }

    /** Sets the oldest log that recovery needs. */
    public VersionEdit minLogNumberToKeep(long number) {
        minLogNumberToKeep = number;
        return this;
    }

    /** Adds the column family whose id the edit has. */
    public VersionEdit addColumnFamily(String name) {
        addedColumnFamily = name;
        return this;
    }

    /** Drops the column family whose id the edit has. */
    public VersionEdit dropColumnFamily() {
        dropsColumnFamily = true;
        return this;
    }

    VersionEdit columnFamily(int id) {
        columnFamily = id;
        return this;
    }

    VersionEdit dbId(String id) {
        dbId = id;
        return this;
    }

    VersionEdit comparatorName(String name) {
        comparatorName = name;
        return this;
    }

    VersionEdit prevLogNumber(long number) {
        prevLogNumber = number;
        return this;
    }

    VersionEdit nextFileNumber(long number) {
        nextFileNumber = number;
        return this;
    }

    VersionEdit maxColumnFamily(long id) {
        maxColumnFamily = id;
        return this;
    }

    VersionEdit remainingInGroup(long count) {
        remainingInGroup = count;
        return this;
    }

    /** The column family that it is about. */
    public int columnFamily() {
        return columnFamily;
    }

    /** The store's id, or null. */
    public @Nullable String dbId() {
        return dbId;
    }

    /** The name of the column family's comparator, or null. */
    public @Nullable String comparatorName() {
        return comparatorName;
    }

    /** The name of the column family that it adds, or null. */
    public @Nullable String addedColumnFamily() {
        return addedColumnFamily;
    }

    /** Whether it drops the column family. */
    public boolean dropsColumnFamily() {
        return dropsColumnFamily;
    }

    /** The log number, or {@link #ABSENT}. */
    public long logNumber() {
        return logNumber;
    }

    /** The previous log number, which nothing has used since 2012, or {@link #ABSENT}. */
    public long prevLogNumber() {
        return prevLogNumber;
    }

    /** The next file number, or {@link #ABSENT}. */
    public long nextFileNumber() {
        return nextFileNumber;
    }

    /** The last sequence number, or {@link #ABSENT}. */
    public long lastSequence() {
        return lastSequence;
    }

    /** The oldest log that recovery needs, or {@link #ABSENT}. */
    public long minLogNumberToKeep() {
        return minLogNumberToKeep;
    }

    /** The highest column family id ever given out, or {@link #ABSENT}. */
    public long maxColumnFamily() {
        return maxColumnFamily;
    }

    /** How many edits of its atomic group follow, or {@link #ABSENT} where it is in none. */
    public long remainingInGroup() {
        return remainingInGroup;
    }

    /** Files that come in. */
    public List<NewFile> newFiles() {
        return Collections.unmodifiableList(newFiles);
    }

    /** Files that go out. */
    public List<DeletedFile> deletedFiles() {
        return Collections.unmodifiableList(deletedFiles);
    }
}
