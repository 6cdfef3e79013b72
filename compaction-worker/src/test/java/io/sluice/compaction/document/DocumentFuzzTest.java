// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.compaction.document.Progress.State;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What a peer sends: each document, taken for every kind of document. What is read is written and read again as it was. */
class DocumentFuzzTest extends FuzzTarget {
    private static final List<Class<? extends Document>> TYPES =
            List.of(JobDocument.class, Submitted.class, Progress.class, ResultDocument.class, ErrorDocument.class);

    @Override
    protected List<byte[]> seeds() throws IOException {
        ErrorDocument error = ErrorDocument.of(StoreException.corruption("a.b", "message"));
        List<byte[]> seeds = new ArrayList<>();
        for (Document document : List.of(
                Samples.jobDocument(),
                Submitted.of("token", "w", "http://h:1"),
                Progress.of(
                        "token",
                        State.FAILED,
                        new CompactionCounts(1, 2, 3, 4),
                        Samples.ranges(),
                        0,
                        Samples.segments(),
                        error,
                        null),
                ResultDocument.of(Samples.result()),
                error)) {
            seeds.add(Documents.write(document));
        }
        return seeds;
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.INVALID_ARGUMENT, Kind.NOT_SUPPORTED);
    }

    @Override
    protected void parse(byte[] input) {
        for (Class<? extends Document> type : TYPES) {
            allow((64 << 10) + 256L * input.length);
            attempt(() -> read(input, type));
        }
    }

    private static <T extends Document> void read(byte[] input, Class<T> type) throws IOException {
        T document = Documents.read(input, type);
        require(Documents.read(Documents.write(document), type).equals(document), "it is read as another");
        if (document instanceof JobDocument job) {
            var unused = job.compactionJob(Samples.PLUG_INS);
            var unusedToo = job.progress();
        } else if (document instanceof ResultDocument result) {
            var unused = result.compactionResult();
        }
    }
}
