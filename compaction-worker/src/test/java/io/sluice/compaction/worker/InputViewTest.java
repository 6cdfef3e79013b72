// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.compaction.document.JobDocument;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class InputViewTest extends WorkerScenario {
    @Tag("B32")
    @Test
    void shouldSayWhatItDoesNotSeeOnceItHasWaited() throws Exception {
        TestStore store = store("db");
        JobDocument job = store.attempt(store.job(1, 1, 1), CompactionProgress.NONE);
        InputView view = new InputView(store.storage, System::nanoTime, Duration.ofMillis(50));
        view.await(job, () -> false);
        Path input = store.directory.resolve("000011.sst");
        byte[] bytes = Files.readAllBytes(input);
        Files.write(input, new byte[100]);
        long start = System.nanoTime();
        view.await(job, () -> false); // it is damaged, which the attempt tells
        assertThat(System.nanoTime() - start)
                .isGreaterThanOrEqualTo(Duration.ofMillis(50).toNanos());
        Files.delete(input);
        assertThatThrownBy(() -> view.await(job, () -> false)).isInstanceOfSatisfying(StoreException.class, e -> {
            assertThat(e.code()).isEqualTo("compaction.worker.stale-view");
            assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
            assertThat(e).hasMessageContaining("000011.sst is not to be seen");
        });
        Files.write(input, bytes);
        view.await(job, () -> false);
        store.storage.deleteRecursively("owner-1");
        assertThatThrownBy(() -> view.await(job, () -> false))
                .hasMessageContaining("owner-1/job-compaction-1/attempt-1 is not to be seen");
    }

    @Test
    void shouldEndItsWaitWhenNobodyWantsTheAttempt() throws Exception {
        TestStore store = store("db");
        JobDocument job = store.attempt(store.job(1, 1, 1), CompactionProgress.NONE);
        store.storage.delete("000010.sst");
        AtomicInteger looks = new AtomicInteger();
        new InputView(store.storage, System::nanoTime, Duration.ofMinutes(5))
                .await(job, () -> looks.incrementAndGet() == 3);
        assertThat(looks.get()).isEqualTo(3);
    }
}
