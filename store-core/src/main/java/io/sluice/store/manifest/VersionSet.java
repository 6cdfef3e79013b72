// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The current versions of all column families, and the manifest that makes them durable. Safe for concurrent use: reads
 * and numbers take no lock, edits one.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>What {@link #columnFamilies()} tells is on storage: an edit is applied after it was synced.
 *   <li>An edit that fails is not applied, here. Whether it is on storage is unknown until a new manifest, without it,
 *       is in force; that is tried at once, and again before the next edit. In between the store is
 *       {@linkplain #isUncertain() uncertain}: a crash then may bring the failed edit to life. So files of a failed edit
 *       are kept while it is, and {@link #obsoleteFiles} tells of none.
 *   <li>No file number is given out twice, also across crashes: numbers found on storage are passed over.
 * </ul>
 */
public final class VersionSet implements AutoCloseable {
    /** Half of what a manifest can hold. */
    private static final long MAX_NUMBER_AT_OPEN = 1L << 61;

    private static final int MAX_FAMILY_AT_OPEN = 1 << 30;

    private final Storage storage;
    private final ManifestOptions options;
    private final AtomicLong nextFileNumber;
    private final Map<Integer, AtomicLong> nextEpochNumbers = new ConcurrentHashMap<>();
    private volatile ManifestState state;
    /** Appends with this object's lock held. */
    private final ManifestLog log;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private final Set<Version> live = new HashSet<>();

    /** Tables of versions that are gone, some of which others may have. */
    @GuardedBy("this")
    private final Set<Long> candidates = new HashSet<>();

    /** Those of column families that were created since the opening, by name. */
    private final Map<String, KeyComparator> comparators = new ConcurrentHashMap<>();

    private VersionSet(
            Storage storage, ManifestOptions options, AtomicLong nextFileNumber, ManifestState state, ManifestLog log) {
        this.storage = storage;
        this.options = options;
        this.nextFileNumber = nextFileNumber;
        this.state = state;
        this.log = log;
        state.columnFamilies().values().forEach(family -> live.add(family.version()));
    }

    /** Whether there is a store at the storage's root. */
    public static boolean exists(Storage storage) throws IOException {
        return storage.exists(FileNames.CURRENT);
    }

    /** The column families of the store at the storage's root, without opening it. */
    public static Collection<ColumnFamilyInfo> list(Storage storage, ManifestOptions options) throws IOException {
        return read(storage, ManifestReader.currentManifest(storage), options)
                .columnFamilies()
                .values();
    }

    /**
     * Recovers the store from its manifest, or makes it, and starts a manifest of its own.
     *
     * @param epoch the opening, just taken
     * @throws StoreException {@code NOT_FOUND} {@code manifest.no-store}; {@code CORRUPTION}; {@code NOT_SUPPORTED};
     *     {@code FENCED}
     */
    public static VersionSet open(Storage storage, Epoch epoch, ManifestOptions options) throws IOException {
        ManifestState state = exists(storage) ? recover(storage, options) : create(storage, options);
        String dbId = state.dbId();
        String identity = IdentityFile.read(storage);
        if (dbId == null) {
            dbId = identity == null ? Identity.newDbId(options.random()) : identity;
        }
        if (identity == null) {
            IdentityFile.write(storage, epoch, dbId);
        }
        AtomicLong next = new AtomicLong(Math.max(state.nextFileNumber(), highestNumberOnStorage(storage) + 1));
        checkRoom(storage, next.get(), state);
        long manifestNumber = next.getAndIncrement();
        ManifestState initial = state.withDbId(dbId).withNextFileNumber(next.get());
        ManifestLog log = ManifestLog.begin(
                storage, epoch, options.maxManifestFileSize(), next::getAndIncrement, manifestNumber, initial);
        return new VersionSet(storage, options, next, initial, log);
    }

    /** The store's id: a UUID. */
    public String dbId() {
        String id = state.dbId();
        if (id == null) {
            throw new IllegalStateException("opened without an id");
        }
        return id;
    }

    /** A number for a new file, which no other file has. */
    public long newFileNumber() {
        return nextFileNumber.getAndIncrement();
    }

    /** The place of a new file among the L0 files of a column family: above all before it. */
    public long newEpochNumber(int columnFamily) throws StoreException {
        AtomicLong next = nextEpochNumbers.get(columnFamily);
        if (next == null) {
            long highest = 0;
            Version version = columnFamily(columnFamily).version();
            for (int level = 0; level < version.levelCount(); level++) {
                for (FileMetadata file : version.files(level)) {
                    highest = Math.max(highest, file.epochNumber());
                }
            }
            AtomicLong fresh = new AtomicLong(highest + 1);
            AtomicLong before = nextEpochNumbers.putIfAbsent(columnFamily, fresh);
            next = before == null ? fresh : before;
        }
        return next.getAndIncrement();
    }

    /** The sequence number up to which files may have entries. */
    public long lastSequence() {
        return state.lastSequence();
    }

    /** The oldest log that has entries which are in no file. */
    public long oldestLogNeeded() {
        ManifestState current = state;
        long oldest = current.columnFamilies().values().stream()
                .mapToLong(ColumnFamilyInfo::logNumber)
                .min()
                .orElse(0);
        return Math.max(oldest, current.minLogNumberToKeep());
    }

    /** All column families, by id. The versions are not retained. */
    public SortedMap<Integer, ColumnFamilyInfo> columnFamilies() {
        return state.columnFamilies();
    }

    /**
     * One column family. Its version is not retained.
     *
     * @throws StoreException {@code NOT_FOUND} where there is none with this id, or it was dropped
     */
    public ColumnFamilyInfo columnFamily(int id) throws StoreException {
        ColumnFamilyInfo info = state.columnFamilies().get(id);
        if (info == null) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "manifest.no-column-family",
                    "no column family has the id " + id + ": was it dropped?");
        }
        return info;
    }

    /** The present version of a column family, retained for the caller, who releases it. */
    public Version retainVersion(int columnFamily) throws StoreException {
        while (true) {
            Version version = columnFamily(columnFamily).version();
            if (version.tryRetain()) {
                return version;
            }
        }
    }

    /** Applies one edit durably; see {@link #logAndApply(List)}. */
    public void logAndApply(VersionEdit edit) throws IOException {
        logAndApply(List.of(edit));
    }

    /**
     * Applies edits durably, together or not at all. Returns when they are synced.
     *
     * @param edits at least one; they are completed with the store's numbers and must not be used elsewhere
     * @throws StoreException where nothing was applied; see the class comment for what may be on storage
     */
    public synchronized void logAndApply(List<VersionEdit> edits) throws IOException {
        if (closed) {
            throw new StoreException(Kind.CLOSED, "manifest.closed", storage.uri() + ": the manifest is closed");
        }
        complete(edits);
        ManifestReplay replay = new ManifestReplay("an edit of this store", state);
        for (VersionEdit edit : edits) {
            replay.add(edit);
        }
        ManifestState next = replay.finish(this::comparator);
        log.append(edits, () -> state.withNextFileNumber(nextFileNumber.get()));
        install(next);
    }

    /**
     * Adds a column family.
     *
     * @param logNumber the first log that may have entries of it
     * @throws StoreException {@code INVALID_ARGUMENT} {@code manifest.column-family-exists}
     */
    public synchronized ColumnFamilyInfo createColumnFamily(String name, KeyComparator comparator, long logNumber)
            throws IOException {
        if (state.columnFamilies().values().stream().anyMatch(f -> f.name().equals(name))) {
            throw StoreException.invalid(
                    "manifest.column-family-exists", "there is a column family \"" + name + "\" already");
        }
        comparators.put(comparator.name(), comparator);
        int id = state.maxColumnFamily() + 1;
        logAndApply(new VersionEdit(id)
                .addColumnFamily(name)
                .comparatorName(comparator.name())
                .logNumber(logNumber));
        return columnFamily(id);
    }

    /** Drops a column family; its files become obsolete when the last reader lets go of its version. */
    public void dropColumnFamily(int id) throws IOException {
        if (id == 0) {
            throw StoreException.invalid("manifest.drop-default", "the default column family can't be dropped");
        }
        columnFamily(id);
        logAndApply(new VersionEdit(id).dropColumnFamily());
        nextEpochNumbers.remove(id);
    }

    /** Whether an edit failed and nobody can tell whether a crash would bring it to life; see the class comment. */
    public boolean isUncertain() {
        return log.isUncertain();
    }

    /** The name of the manifest in force. */
    public synchronized String manifestName() {
        return FileNames.manifest(log.number());
    }

    /**
     * Files in the store's directory that nothing needs: tables in no version that anybody holds, manifests not in force,
     * logs below {@link #oldestLogNeeded()}, and temporary files. None while {@linkplain #isUncertain() uncertain}.
     *
     * @param pending numbers of tables that are being made or installed
     */
    public synchronized List<String> obsoleteFiles(Set<Long> pending) throws IOException {
        if (log.isUncertain()) {
            return List.of();
        }
        Set<Long> needed = neededTables();
        needed.addAll(pending);
        List<String> obsolete = new ArrayList<>();
        for (String name : storage.list("")) {
            FileNames.Parsed parsed = FileNames.parse(name);
            boolean unneeded = switch (parsed.type()) {
                case TABLE -> !needed.contains(parsed.number());
                case MANIFEST -> parsed.number() != log.number();
                case WAL -> parsed.number() < oldestLogNeeded();
                case TEMP -> true;
                default -> false;
            };
            if (unneeded) {
                obsolete.add(name);
            }
        }
        Collections.sort(obsolete);
        return obsolete;
    }

    /**
     * Tables that were in a version, and are in none any more that anybody holds; each is told once. None while
     * {@linkplain #isUncertain() uncertain}.
     */
    public synchronized List<Long> takeUnreferencedTables() {
        if (log.isUncertain()) {
            return List.of();
        }
        Set<Long> needed = neededTables();
        candidates.removeAll(needed);
        List<Long> unreferenced = new ArrayList<>(candidates);
        candidates.clear();
        Collections.sort(unreferenced);
        return unreferenced;
    }

    /** Closes the manifest. Versions that are retained stay usable. */
    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            log.close();
        }
    }

    /** Tables of the versions that somebody holds; those of the others become candidates. */
    @GuardedBy("this")
    private Set<Long> neededTables() {
        Set<Long> needed = new HashSet<>();
        for (Iterator<Version> versions = live.iterator(); versions.hasNext(); ) {
            Version version = versions.next();
            boolean unused = version.isUnused();
            for (int level = 0; level < version.levelCount(); level++) {
                for (FileMetadata file : version.files(level)) {
                    (unused ? candidates : needed).add(file.number());
                }
            }
            if (unused) {
                versions.remove();
            }
        }
        return needed;
    }

    private @Nullable KeyComparator comparator(String name) {
        KeyComparator created = comparators.get(name);
        return created != null ? created : options.comparators().apply(name);
    }

    private static ManifestState recover(Storage storage, ManifestOptions options) throws IOException {
        String manifest = ManifestReader.currentManifest(storage);
        storage.seal(manifest);
        return read(storage, manifest, options);
    }

    private static ManifestState read(Storage storage, String manifest, ManifestOptions options) throws IOException {
        return ManifestReader.read(
                storage, manifest, options.defaultComparator().name(), options.comparators());
    }

    private static ManifestState create(Storage storage, ManifestOptions options) throws IOException {
        if (!options.createIfMissing()) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "manifest.no-store",
                    storage.uri() + " holds no store (no CURRENT); set create_if_missing to make one");
        }
        Version empty = new VersionBuilder(null).build(options.defaultComparator());
        SortedMap<Integer, ColumnFamilyInfo> families = new TreeMap<>();
        families.put(
                0,
                new ColumnFamilyInfo(
                        0,
                        ManifestReplay.DEFAULT_COLUMN_FAMILY,
                        options.defaultComparator().name(),
                        0,
                        empty));
        return new ManifestState(null, families, 1, 0, 0, 0, 0);
    }

    /** Refuses numbers so high that those that follow could not be read any more: no store has counted that far. */
    private static void checkRoom(Storage storage, long nextFile, ManifestState state) throws StoreException {
        long highestEpoch = state.columnFamilies().values().stream()
                .flatMap(family -> IntStream.range(0, family.version().levelCount())
                        .mapToObj(family.version()::files)
                        .flatMap(List::stream))
                .mapToLong(FileMetadata::epochNumber)
                .max()
                .orElse(0);
        if (nextFile > MAX_NUMBER_AT_OPEN
                || highestEpoch > MAX_NUMBER_AT_OPEN
                || state.maxColumnFamily() > MAX_FAMILY_AT_OPEN) {
            throw StoreException.corruption(
                    "manifest.numbers",
                    storage.uri() + ": the next file number is " + nextFile + ", the highest epoch number "
                            + highestEpoch
                            + ", the highest id of a column family " + state.maxColumnFamily()
                            + "; expected at most " + MAX_NUMBER_AT_OPEN + " and " + MAX_FAMILY_AT_OPEN
                            + ": restore the manifest, or remove the file with that number in its name");
        }
    }

    private static long highestNumberOnStorage(Storage storage) throws IOException {
        long highest = 0;
        for (String name : storage.list("")) {
            FileNames.Parsed parsed = FileNames.parse(name);
            if (parsed.type() != FileNames.Type.OWNER && parsed.type() != FileNames.Type.DEPOSED) {
                highest = Math.max(highest, parsed.number());
            }
        }
        return highest;
    }

    @GuardedBy("this")
    private void complete(List<VersionEdit> edits) {
        long sequence = state.lastSequence();
        for (int i = 0; i < edits.size(); i++) {
            VersionEdit edit = edits.get(i);
            sequence = Math.max(sequence, edit.lastSequence());
            edit.lastSequence(sequence)
                    .prevLogNumber(state.prevLogNumber())
                    .nextFileNumber(nextFileNumber.get())
                    .remainingInGroup(edits.size() == 1 ? VersionEdit.ABSENT : edits.size() - 1 - i);
            if (edit.dropsColumnFamily()) {
                edit.maxColumnFamily(state.maxColumnFamily()); // so that its id is never used again
            }
        }
    }

    @GuardedBy("this")
    private void install(ManifestState next) {
        ManifestState before = state;
        Set<Version> kept = new HashSet<>();
        next.columnFamilies().values().forEach(family -> kept.add(family.version()));
        live.addAll(kept);
        state = next;
        for (ColumnFamilyInfo family : before.columnFamilies().values()) {
            if (!kept.contains(family.version())) {
                family.version().release();
            }
        }
    }
}
