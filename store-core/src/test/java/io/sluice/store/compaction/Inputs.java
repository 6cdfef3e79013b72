// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.TestVersions;
import io.sluice.store.manifest.Version;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableReader;
import io.sluice.store.sst.TableSummary;
import io.sluice.store.sst.TableWriter;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Tables of a store that is not open, and jobs over them. */
final class Inputs {
    static final TableOptions OPTIONS = TableOptions.DEFAULT.withBlockSize(256);

    final Storage storage;
    TableOptions options = OPTIONS;

    @Nullable
    CompactionFilterFactory filters;

    final List<List<FileMetadata>> levels = new ArrayList<>();
    long nextNumber = 10;

    Inputs(Storage storage) throws IOException {
        this.storage = storage;
        storage.createDirectory("owner-1");
        for (int i = 0; i < 7; i++) {
            levels.add(new ArrayList<>());
        }
    }

    private static final String KINDS = "=-+";
    private static final byte[] TYPES = {ValueType.VALUE, ValueType.DELETION, ValueType.MERGE};

    private static int indexOf(byte type) {
        return type == ValueType.VALUE ? 0 : type == ValueType.DELETION ? 1 : 2;
    }

    /** Where the sign behind the sequence number stands. */
    private static int kindAt(String entry) {
        int at = entry.indexOf('@') + 1;
        while (Character.isDigit(entry.charAt(at))) {
            at++;
        }
        return at;
    }

    static TableIdentity identity(long number, String session) {
        return new TableIdentity(0, "default", "db", session, "host", "local", number, 1, 1, 1);
    }

    /**
     * Adds a table, entries told as {@code key@sequence=value}, {@code key@sequence-} for a deletion, {@code
     * key@sequence+operand} for a merge, or {@code start@sequence~end} for the deletion of a range.
     */
    FileMetadata table(int level, String... entries) throws IOException {
        TreeMap<String, String> sorted = new TreeMap<>();
        List<RangeTombstone> tombstones = new ArrayList<>();
        for (String entry : entries) {
            int sign = entry.indexOf('@');
            int tilde = entry.indexOf('~', sign);
            if (tilde > 0 && entry.indexOf('=') < 0) {
                tombstones.add(new RangeTombstone(
                        Slice.utf8(entry.substring(0, sign)),
                        Slice.utf8(entry.substring(tilde + 1)),
                        Long.parseLong(entry.substring(sign + 1, tilde))));
                continue;
            }
            int at = entry.indexOf('@');
            long sequence = Long.parseLong(entry.substring(at + 1, kindAt(entry)));
            sorted.put(entry.substring(0, at) + "@" + String.format("%019d", Long.MAX_VALUE - sequence), entry);
        }
        long number = nextNumber++;
        try (WritableFile file = storage.create(FileNames.table(number));
                TableWriter writer = new TableWriter(file, OPTIONS, identity(number, "inputs"))) {
            for (String entry : sorted.values()) {
                int at = entry.indexOf('@');
                int end = kindAt(entry);
                long sequence = Long.parseLong(entry.substring(at + 1, end));
                writer.add(
                        new UnsafeBuffer(InternalKey.encode(
                                new UnsafeBuffer(entry.substring(0, at).getBytes(UTF_8)),
                                InternalKey.trailer(sequence, TYPES[KINDS.indexOf(entry.charAt(end))]))),
                        new UnsafeBuffer(entry.substring(end + 1).getBytes(UTF_8)));
            }
            for (RangeTombstone tombstone : tombstones) {
                writer.addRangeDeletion(tombstone);
            }
            TableSummary summary = writer.finish();
            file.sync();
            FileMetadata metadata = new FileMetadata(
                    number,
                    summary.size(),
                    summary.smallest(),
                    summary.largest(),
                    summary.smallestSequence(),
                    summary.largestSequence(),
                    number,
                    1,
                    1);
            if (level == 0) {
                levels.get(0).add(0, metadata);
            } else {
                levels.get(level).add(metadata);
            }
            return metadata;
        }
    }

    Version version() {
        return TestVersions.of(levels);
    }

    /** A job over all files of two neighbouring levels. */
    CompactionJob job(int startLevel, CompactionSettings settings, int maxSubcompactions, List<Long> snapshots)
            throws IOException {
        LevelState state = new LevelState(version(), settings, new RunningCompactions(), FileMetadata::size);
        Compaction compaction = new InputSelection(state)
                .complete(
                        startLevel,
                        levels.get(startLevel),
                        startLevel + 1,
                        new InputSelection.Choice(
                                CompactionReason.MANUAL_COMPACTION, 0, false, true, maxSubcompactions));
        return new CompactionJob(
                new CompactionJobId("db", 1, 5),
                "default",
                Objects.requireNonNull(compaction),
                snapshots,
                3,
                options,
                filters,
                CompactionJob.filterStateOf(filters),
                identity(0, "session of the job"),
                storage.uri(),
                "owner-1");
    }

    /** The entries of outputs, in the form of {@link #table}. */
    List<String> entries(List<CompactionResult.Output> outputs) throws IOException {
        List<String> found = new ArrayList<>();
        for (CompactionResult.Output output : outputs) {
            try (TableReader table = TableReader.open(storage.open(output.path()), OPTIONS.comparator());
                    InternalIterator entries = table.iterator()) {
                for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                    long trailer = InternalKey.trailer(entries.key());
                    found.add(entries.key().getStringWithoutLengthUtf8(0, InternalKey.userKeyLength(entries.key()))
                            + "@" + InternalKey.sequence(trailer)
                            + KINDS.charAt(indexOf(InternalKey.type(trailer)))
                            + entries.value()
                                    .getStringWithoutLengthUtf8(
                                            0, entries.value().capacity()));
                }
                for (RangeTombstone tombstone : table.rangeTombstones().tombstones()) {
                    found.add(text(tombstone.start()) + "@" + tombstone.sequence() + "~" + text(tombstone.end()));
                }
            }
        }
        return found;
    }

    private static String text(Slice key) {
        return new String(key.toByteArray(), UTF_8);
    }
}
