// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a flush's SST holds is looked at before it is installed, whatever its maker says of it. */
class FlushFileTest {
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<FlushInfo> completed = new CopyOnWriteArrayList<>();
    private final MemoryStorage storage = new MemoryStorage("file");

    private void shouldRefuseAndFlushHere(String code, UnaryOperator<FlushResult> lie) throws Exception {
        failures.clear();
        completed.clear();
        GatedFlushExecutor liar = new GatedFlushExecutor(true, lie);
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxBgErrorResumeCount(2)
                .bgErrorResumeRetryInterval(Duration.ofMillis(1))
                .remoteFlushExecutor(liar)
                .listener(new EventListener() {
                    @Override
                    public void onFlushCompleted(FlushInfo info) {
                        completed.add(info);
                    }

                    @Override
                    public void onFlushFailed(FlushInfo info, StoreException cause) {
                        failures.add(cause.code());
                    }
                })
                .build();
        try (Store store = Store.open(options, storage, List.of())) {
            for (int i = 0; i < 100; i++) {
                store.put(("key" + i).getBytes(UTF_8), ("value" + i).getBytes(UTF_8));
            }
            store.flush(FlushOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(completed).hasSize(1));
            assertThat(failures).containsExactly(code);
            for (int i = 0; i < 100; i++) {
                assertThat(store.get(("key" + i).getBytes(UTF_8))).isEqualTo(("value" + i).getBytes(UTF_8));
            }
        }
    }

    private static FlushResult with(FlushResult r, FileMetadata file, long crc) {
        return new FlushResult(
                r.id(),
                r.attempt(),
                r.path(),
                file,
                crc,
                r.inputEntries(),
                r.outputEntries(),
                r.properties(),
                r.builder(),
                r.statistics());
    }

    private static FlushResult withKeys(FlushResult r, Slice smallest, Slice largest) {
        FileMetadata f = Objects.requireNonNull(r.file());
        FileMetadata changed = new FileMetadata(
                f.number(),
                f.size(),
                smallest,
                largest,
                f.smallestSequence(),
                f.largestSequence(),
                f.epochNumber(),
                f.oldestAncestorTime(),
                f.fileCreationTime());
        return with(r, changed, r.crc32c());
    }

    /** The file with other bytes somewhere from its end, under a CRC of what it then holds. */
    private FlushResult damaged(FlushResult r, int fromEnd) {
        String path = Objects.requireNonNull(r.path());
        try {
            byte[] bytes;
            try (ReadableFile file = storage.open(path)) {
                bytes = new byte[(int) file.length()];
                file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            }
            bytes[bytes.length - fromEnd] ^= 0x55;
            storage.delete(path);
            try (WritableFile file = storage.create(path)) {
                file.append(new UnsafeBuffer(bytes), 0, bytes.length);
                file.sync();
            }
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            return with(r, Objects.requireNonNull(r.file()), crc.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Tag("A18")
    void shouldCompareTheKeyRangeWithTheMemtables() throws Exception {
        shouldRefuseAndFlushHere("flush.verify", r -> {
            FileMetadata f = Objects.requireNonNull(r.file());
            return withKeys(r, f.largest(), f.largest());
        });
        shouldRefuseAndFlushHere("flush.verify", r -> {
            FileMetadata f = Objects.requireNonNull(r.file());
            return withKeys(r, f.smallest(), f.smallest());
        });
    }

    @Test
    @Tag("A18")
    void shouldReadFooterAndProperties() throws Exception {
        shouldRefuseAndFlushHere("sst.footer.magic", r -> damaged(r, 1));
        // Before the footer of 53 bytes stands the metaindex, with the properties' place.
        shouldRefuseAndFlushHere("sst.block.checksum", r -> damaged(r, 53 + 20));
    }
}
