// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.ValueType;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionJobId;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionReason;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.compaction.KeyRange;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;

/** Documents, each with a value in every component. */
final class Samples {
    static final CompactionJobId ID = new CompactionJobId("5b6c7d8e-identity", 7, 12);
    static final HosterDocument HOSTER = new HosterDocument(
            "/var/lib/db1",
            "db1",
            "/nvmepool/shared/db1",
            new HosterDocument.Mount("nfs", ":/nvmepool/shared", "nolock,addr=192.168.31.16"));
    static final Filters FILTERS = new Filters();
    static final PlugIns PLUG_INS =
            new PlugIns(PlugIns.BUILT_IN.comparators(), Map.of(), Map.of(FILTERS.name(), FILTERS));

    private Samples() {}

    /** Drops nothing. */
    static final class Filters implements StatefulCompactionFilterFactory {
        @Override
        public String name() {
            return "KeepAll";
        }

        @Override
        public byte[] state() {
            return new byte[] {1, 2, (byte) 0xff};
        }

        @Override
        public CompactionFilter create() {
            throw new AssertionError("it needs a state");
        }

        @Override
        public CompactionFilter create(byte[] state) {
            return new CompactionFilter() {
                @Override
                public String name() {
                    return "KeepAll";
                }

                @Override
                public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
                    return Decision.KEEP;
                }
            };
        }

        @Override
        public void accept(byte[] report) {}
    }

    static Slice key(String user, long sequence) {
        return Slice.wrap(
                InternalKey.encode(Slice.utf8(user).buffer(), InternalKey.trailer(sequence, ValueType.VALUE)));
    }

    static FileMetadata file(long number, String first, String last) {
        return new FileMetadata(number, 1L << 40, key(first, 9), key(last, 3), 3, 9, 4, 1_700_000_000, 1_700_000_001)
                .withCrc32c(0xfedcba98L);
    }

    static TableOptions options() {
        return new TableOptions(
                BytewiseComparator.INSTANCE,
                8192,
                12,
                8,
                2,
                5,
                CompressionType.ZSTD,
                3,
                9.5,
                false,
                MergeOperators.stringAppend("|"),
                PrefixExtractor.capped(4));
    }

    static CompactionJob job() {
        return new CompactionJob(
                ID,
                "default",
                new Compaction(
                        List.of(
                                new InputLevel(0, List.of(file(31, "a", "m"), file(30, "b", "z"))),
                                new InputLevel(1, List.of(file(20, "a", "k"), file(21, "l", "z")))),
                        1,
                        CompactionReason.LEVEL_L0_FILES_NUM,
                        1.25,
                        List.of(
                                new InputLevel(2, List.of(file(3, "c", "d"))),
                                new InputLevel(6, List.of(file(2, "c", "e")))),
                        64L << 20,
                        1600L << 20,
                        false,
                        false,
                        4),
                List.of(5L, (1L << 56) - 1),
                17,
                options(),
                FILTERS,
                Slice.wrap(FILTERS.state()),
                new TableIdentity(3, "default", "5b6c7d8e-identity", "SESSIONOF20CHARS0000", "", "", 0, 1, 2, 3),
                "hdfs://namenode:8020/sluice/db1",
                "owner-7");
    }

    static CompactionResult.Output output(int attempt, long number, String first, String last, String builder) {
        return new CompactionResult.Output(
                "owner-7/job-compaction-12/attempt-" + attempt + "/00000" + number + ".sst",
                file(number, first, last),
                0xfedcba98L,
                1L << 33,
                builder);
    }

    static List<KeyRange> ranges() {
        return List.of(new KeyRange(null, Slice.utf8("k")), new KeyRange(Slice.utf8("k"), null));
    }

    @SuppressWarnings("NullAway") // it overlooks the annotation of a nested type that it has from a class file
    static List<CompactionSegment> segments() {
        return List.of(
                new CompactionSegment(
                        new KeyRange(null, Slice.utf8("f")),
                        output(1, 1, "a", "e", "w1"),
                        100,
                        Map.of("dropped_hidden", 7L, "dropped_obsolete", 1L << 62),
                        Slice.utf8("found")),
                new CompactionSegment(new KeyRange(Slice.utf8("k"), null), null, 3, Map.of(), Slice.wrap(new byte[0])));
    }

    static JobDocument jobDocument() {
        return JobDocument.of(job(), 2, 60_000, new CompactionProgress(ranges(), segments()), HOSTER);
    }

    static CompactionResult result() {
        return new CompactionResult(
                ID,
                2,
                List.of(output(2, 1, "a", "e", "w1"), output(2, 2, "f", "z", "w2")),
                1L << 34,
                List.of(Slice.utf8("found")),
                "w2",
                Map.of("compaction_ns", 123_456_789_000L, "adopted_bytes", 0L));
    }
}
