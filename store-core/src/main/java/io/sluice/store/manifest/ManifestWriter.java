// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import io.sluice.store.wal.LogWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** One manifest file that is being written. One thread at a time; {@link VersionSet} closes it. */
final class ManifestWriter implements AutoCloseable {
    private static final String CURRENT_TEMPORARY = "CURRENT.dbtmp";

    private final Storage storage;
    private final Epoch epoch;
    private final long number;
    private final LogWriter log;
    private final ByteWriter record = new ByteWriter(1024);

    private ManifestWriter(Storage storage, Epoch epoch, long number, LogWriter log) {
        this.storage = storage;
        this.epoch = epoch;
        this.number = number;
        this.log = log;
    }

    /** Makes a manifest that holds all of {@code state}, durable under its name, but not yet in force. */
    static ManifestWriter create(Storage storage, Epoch epoch, long number, ManifestState state) throws IOException {
        String name = FileNames.manifest(number);
        ManifestWriter writer = new ManifestWriter(storage, epoch, number, new LogWriter(epoch.create(name)));
        try {
            writer.writeSnapshot(state);
            writer.log.file().sync();
            epoch.publish(name, name);
            return writer;
        } catch (IOException e) {
            writer.abandon(e);
            throw epoch.fencedOr(e);
        }
    }

    /** Puts it in force: CURRENT names it from here on. */
    void install() throws IOException {
        byte[] content = (FileNames.manifest(number) + "\n").getBytes(StandardCharsets.US_ASCII);
        storage.delete(epoch.born(CURRENT_TEMPORARY)); // of an attempt that failed
        try (WritableFile file = epoch.create(CURRENT_TEMPORARY)) {
            file.append(new UnsafeBuffer(content), 0, content.length);
            file.sync();
        }
        epoch.publishOver(CURRENT_TEMPORARY, FileNames.CURRENT);
    }

    /** Appends edits, which count together or not at all, and makes them durable. */
    void append(List<VersionEdit> edits) throws IOException {
        for (VersionEdit edit : edits) {
            append(edit);
        }
        log.file().sync();
    }

    long number() {
        return number;
    }

    long length() {
        return log.file().position();
    }

    @Override
    public void close() throws IOException {
        log.close();
    }

    /** The state as edits: first the store's numbers, then each column family and its files. */
    private void writeSnapshot(ManifestState state) throws IOException {
        VersionEdit store = new VersionEdit()
                .prevLogNumber(state.prevLogNumber())
                .nextFileNumber(state.nextFileNumber())
                .maxColumnFamily(state.maxColumnFamily())
                .minLogNumberToKeep(state.minLogNumberToKeep())
                .lastSequence(state.lastSequence());
        if (state.dbId() != null) {
            store.dbId(state.dbId());
        }
        append(store);
        for (ColumnFamilyInfo family : state.columnFamilies().values()) {
            VersionEdit born = new VersionEdit(family.id()).comparatorName(family.comparatorName());
            if (family.id() != 0) {
                born.addColumnFamily(family.name());
            }
            append(born);
            VersionEdit files = new VersionEdit(family.id()).logNumber(family.logNumber());
            for (int level = 0; level < family.version().levelCount(); level++) {
                for (FileMetadata file : family.version().files(level)) {
                    files.addFile(level, file);
                }
            }
            append(files);
        }
    }

    private void append(VersionEdit edit) throws IOException {
        record.reset();
        VersionEditEncoder.encode(edit, record);
        log.append(record.buffer(), 0, record.length());
    }

    private void abandon(IOException cause) {
        String name = FileNames.manifest(number);
        try (log) {
            storage.delete(epoch.born(name));
            storage.delete(name);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
