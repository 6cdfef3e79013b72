// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.ReadaheadFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Opens the inputs and creates the outputs of one attempt, and counts what goes through them. Safe for concurrent use. */
final class AttemptFiles {
    /** Bytes read at once of an input: RocksDB's {@code compaction_readahead_size}. */
    private static final int READAHEAD_LENGTH = 2 << 20;

    private final Storage storage;
    private final RateLimiter limiter;
    private final KeyComparator comparator;
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();

    AttemptFiles(Storage storage, RateLimiter limiter, KeyComparator comparator) {
        this.storage = storage;
        this.limiter = limiter;
        this.comparator = comparator;
    }

    /** Opens an input, which the caller closes. */
    TableReader open(FileMetadata file) throws IOException {
        ReadableFile source = storage.open(FileNames.table(file.number()));
        if (source.length() != file.size()) {
            source.close();
            throw StoreException.corruption(
                    "compaction.input.size",
                    source.name() + " has " + source.length() + " bytes, the manifest says " + file.size()
                            + ": restore the file");
        }
        TableReader table = TableReader.open(new ReadaheadFile(new CountedInput(source), READAHEAD_LENGTH), comparator);
        table.takeManifestSequence(file.largestSequence());
        return table;
    }

    /** Creates an output, which the caller closes. */
    WritableFile create(String path) throws IOException {
        return new CountedOutput(limiter.limit(storage.create(path), RateLimiter.Priority.LOW));
    }

    long bytesRead() {
        return bytesRead.sum();
    }

    long bytesWritten() {
        return bytesWritten.sum();
    }

    private final class CountedInput implements ReadableFile {
        private final ReadableFile file;

        CountedInput(ReadableFile file) {
            this.file = file;
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long length() {
            return file.length();
        }

        @Override
        public void read(long position, MutableDirectBuffer target, int offset, int length) throws IOException {
            file.read(position, target, offset, length);
            bytesRead.add(length);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private final class CountedOutput implements WritableFile {
        private final WritableFile file;

        CountedOutput(WritableFile file) {
            this.file = file;
        }

        @Override
        public void append(DirectBuffer source, int offset, int length) throws IOException {
            file.append(source, offset, length);
            bytesWritten.add(length);
        }

        @Override
        public long position() {
            return file.position();
        }

        @Override
        public void flush() throws IOException {
            file.flush();
        }

        @Override
        public void sync() throws IOException {
            file.sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
