// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.sbe.FlushTaskDecoder;
import io.sluice.flush.protocol.sbe.FlushTaskEncoder;
import io.sluice.flush.protocol.sbe.MessageHeaderDecoder;
import io.sluice.flush.protocol.sbe.MessageHeaderEncoder;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.JobId;
import io.sluice.store.memtable.SealedLayout;
import io.sluice.store.memtable.SealedLayoutCodec;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;

/** The bytes of a {@link FlushTask}. */
public final class FlushTaskCodec {
    private static final int DATA_HEADER_LENGTH = 4;
    /** From this version of the schema on a task names its merge operator and prefix extractor. */
    private static final int PLUG_INS_VERSION = 2;

    private FlushTaskCodec() {}

    /** The task's bytes. */
    public static Slice encode(FlushTask task) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(1024);
        TableOptions options = task.tableOptions();
        TableIdentity identity = task.identity();
        MergeOperator mergeOperator = options.mergeOperator();
        PrefixExtractor prefixExtractor = options.prefixExtractor();
        FlushTaskEncoder e = new FlushTaskEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .tokenHigh(task.token().high())
                .tokenLow(task.token().low())
                .epoch(task.id().epoch())
                .columnFamily(task.id().columnFamily())
                .attempt(task.attempt())
                .memtable(task.id().memtable())
                .fileNumber(task.fileNumber())
                .epochNumber(task.epochNumber())
                .originalFileNumber(identity.originalFileNumber())
                .creationTime(identity.creationTime())
                .oldestKeyTime(identity.oldestKeyTime())
                .fileCreationTime(identity.fileCreationTime())
                .filterBitsPerKey(options.filterBitsPerKey())
                .blockSize(options.blockSize())
                .blockSizeDeviation(options.blockSizeDeviation())
                .blockRestartInterval(options.blockRestartInterval())
                .indexBlockRestartInterval(options.indexBlockRestartInterval())
                .formatVersion(options.formatVersion())
                .compressionLevel(options.compressionLevel())
                .compression(options.compression().id())
                .wholeKeyFiltering((short) (options.wholeKeyFiltering() ? 1 : 0));
        FlushTaskEncoder.SnapshotsEncoder snapshots =
                e.snapshotsCount(MessageEncoder.count(task.snapshots().size(), "snapshots"));
        for (long sequence : task.snapshots()) {
            snapshots.next().sequence(sequence);
        }
        FlushTaskEncoder.MemtablesEncoder memtables =
                e.memtablesCount(MessageEncoder.count(task.memtables().size(), "memtables"));
        for (SealedLayout memtable : task.memtables()) {
            byte[] layout = SealedLayoutCodec.encode(memtable);
            memtables.next().putLayout(layout, 0, layout.length);
        }
        e.database(task.id().database())
                .columnFamilyName(identity.columnFamilyName())
                .comparator(options.comparator().name())
                .dbId(identity.dbId())
                .dbSessionId(identity.dbSessionId())
                .storageUri(task.storageUri())
                .attemptDirectory(task.attemptDirectory())
                .callback(task.callback())
                .mergeOperator(mergeOperator == null ? "" : mergeOperator.id())
                .prefixExtractor(prefixExtractor == null ? "" : prefixExtractor.name());
        byte[] bytes = new byte[MessageHeaderEncoder.ENCODED_LENGTH + e.encodedLength()];
        buffer.getBytes(0, bytes);
        return Slice.wrap(bytes);
    }

    /**
     * Reads a task.
     *
     * @param comparators those that this process has, by name
     * @throws StoreException of kind {@code REMOTE} where the bytes are no task, {@code NOT_SUPPORTED} where it names
     *     a comparator, merge operator, prefix extractor or compression that this process lacks
     */
    public static FlushTask decode(DirectBuffer buffer, Map<String, KeyComparator> comparators) throws StoreException {
        Checked checked = new Checked(buffer);
        MessageHeaderDecoder header = checked.header();
        if (header.templateId() != FlushTaskDecoder.TEMPLATE_ID) {
            throw ProtocolError.malformed("template=" + header.templateId() + " is not a task");
        }
        checked.block(header, FlushTaskDecoder.BLOCK_LENGTH);
        FlushTaskDecoder d = new FlushTaskDecoder().wrapAndApplyHeader(buffer, 0, header);
        List<Long> snapshots = snapshots(d, checked);
        List<SealedLayout> memtables = memtables(d, checked);
        String database = checked.text(d.limit(), "database");
        d.skipDatabase();
        String columnFamilyName = checked.text(d.limit(), "columnFamilyName");
        d.skipColumnFamilyName();
        String comparator = checked.text(d.limit(), "comparator");
        d.skipComparator();
        String dbId = checked.text(d.limit(), "dbId");
        d.skipDbId();
        String dbSessionId = checked.text(d.limit(), "dbSessionId");
        d.skipDbSessionId();
        String storageUri = checked.text(d.limit(), "storageUri");
        d.skipStorageUri();
        String attemptDirectory = relative(checked.text(d.limit(), "attemptDirectory"));
        d.skipAttemptDirectory();
        String callback = checked.text(d.limit(), "callback");
        d.skipCallback();
        String mergeOperator = "";
        String prefixExtractor = "";
        if (header.version() >= PLUG_INS_VERSION) {
            mergeOperator = checked.text(d.limit(), "mergeOperator");
            d.skipMergeOperator();
            prefixExtractor = checked.text(d.limit(), "prefixExtractor");
        }
        TableIdentity identity = new TableIdentity(
                d.columnFamily(),
                columnFamilyName,
                dbId,
                dbSessionId,
                "",
                "",
                d.originalFileNumber(),
                d.creationTime(),
                d.oldestKeyTime(),
                d.fileCreationTime());
        if (d.fileNumber() < 1 || d.attempt() < 1) {
            throw ProtocolError.malformed("fileNumber=" + d.fileNumber() + " attempt=" + d.attempt() + " below 1");
        }
        return new FlushTask(
                new AttemptToken(d.tokenHigh(), d.tokenLow()),
                new JobId(database, d.epoch(), d.columnFamily(), d.memtable()),
                d.attempt(),
                memtables,
                snapshots,
                d.fileNumber(),
                d.epochNumber(),
                options(
                        d,
                        comparator(comparator, comparators),
                        mergeOperator(mergeOperator),
                        prefixExtractor(prefixExtractor)),
                identity,
                storageUri,
                attemptDirectory,
                callback);
    }

    private static TableOptions options(
            FlushTaskDecoder d,
            KeyComparator comparator,
            @Nullable MergeOperator mergeOperator,
            @Nullable PrefixExtractor prefixExtractor)
            throws StoreException {
        try {
            return new TableOptions(
                    comparator,
                    positive(d.blockSize(), "blockSize"),
                    d.blockSizeDeviation(),
                    positive(d.blockRestartInterval(), "blockRestartInterval"),
                    positive(d.indexBlockRestartInterval(), "indexBlockRestartInterval"),
                    d.formatVersion(),
                    compression(d.compression()),
                    d.compressionLevel(),
                    d.filterBitsPerKey(),
                    d.wholeKeyFiltering() != 0,
                    mergeOperator,
                    prefixExtractor);
        } catch (IllegalArgumentException e) {
            throw ProtocolError.malformed("table options: " + e.getMessage());
        }
    }

    private static List<Long> snapshots(FlushTaskDecoder d, Checked checked) throws StoreException {
        checked.groupHeader(d.limit(), "snapshots");
        FlushTaskDecoder.SnapshotsDecoder group = d.snapshots();
        int required = FlushTaskDecoder.SnapshotsDecoder.sbeBlockLength();
        checked.group(d.limit(), group.count(), group.actingBlockLength(), required, required, "snapshots");
        List<Long> snapshots = new ArrayList<>(group.count());
        long last = -1;
        while (group.hasNext()) {
            long sequence = group.next().sequence();
            if (sequence <= last) {
                throw ProtocolError.malformed("snapshot " + sequence + " after " + last + ", expected ascending");
            }
            snapshots.add(sequence);
            last = sequence;
        }
        return List.copyOf(snapshots);
    }

    private static List<SealedLayout> memtables(FlushTaskDecoder d, Checked checked) throws StoreException {
        checked.groupHeader(d.limit(), "memtables");
        FlushTaskDecoder.MemtablesDecoder group = d.memtables();
        checked.group(d.limit(), group.count(), group.actingBlockLength(), 0, DATA_HEADER_LENGTH, "memtables");
        if (group.count() == 0) {
            throw ProtocolError.malformed("a task without memtables");
        }
        List<SealedLayout> memtables = new ArrayList<>(group.count());
        while (group.hasNext()) {
            checked.entry(d.limit(), group.actingBlockLength(), "memtables");
            group.next();
            Slice layout = checked.bytes(d.limit(), "layout");
            group.skipLayout();
            memtables.add(SealedLayoutCodec.decode(layout.buffer(), 0, layout.length()));
        }
        return List.copyOf(memtables);
    }

    private static KeyComparator comparator(String name, Map<String, KeyComparator> comparators) throws StoreException {
        KeyComparator comparator = comparators.get(name);
        if (comparator == null) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "flush.task.comparator",
                    "the task's comparator " + name + " is not known here; known: " + comparators.keySet());
        }
        return comparator;
    }

    private static @Nullable MergeOperator mergeOperator(String id) throws StoreException {
        MergeOperator operator = MergeOperators.builtIn(id);
        if (operator == null && !id.isEmpty()) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "flush.task.merge-operator",
                    "the task's merge operator " + id + " is not known here: the flush is done where it is");
        }
        return operator;
    }

    private static @Nullable PrefixExtractor prefixExtractor(String name) throws StoreException {
        if (name.isEmpty()) {
            return null;
        }
        PrefixExtractor extractor = PrefixExtractor.byName(name);
        if (extractor == null) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "flush.task.prefix-extractor",
                    "the task's prefix extractor " + name + " is not known here");
        }
        return extractor;
    }

    private static CompressionType compression(short id) throws StoreException {
        for (CompressionType type : CompressionType.values()) {
            if (type.id() == id) {
                return type;
            }
        }
        throw new StoreException(
                StoreException.Kind.NOT_SUPPORTED,
                "flush.task.compression",
                "the task's compression type " + id + " is not known here");
    }

    /** Refuses a directory that could lead out of the store's. */
    private static String relative(String directory) throws StoreException {
        for (String component : directory.split("/", -1)) {
            if (component.isEmpty()
                    || component.equals(".")
                    || component.equals("..")
                    || component.indexOf('\0') >= 0) {
                throw ProtocolError.malformed("attemptDirectory '" + directory + "' is not a plain relative path");
            }
        }
        return directory;
    }

    private static int positive(int value, String what) throws StoreException {
        if (value < 1) {
            throw ProtocolError.malformed(what + "=" + value + ", expected at least 1");
        }
        return value;
    }
}
