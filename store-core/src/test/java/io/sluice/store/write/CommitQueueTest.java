// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CommitQueueTest {
    @Test
    void shouldCommitEveryRequestOnceInTheOrderOfEachThread() throws InterruptedException {
        int threads = 6;
        int each = 20_000;
        long[] last = new long[threads];
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger committed = new AtomicInteger();
        CommitQueue queue = new CommitQueue((first, end) -> {
            assertThat(inside.incrementAndGet()).isEqualTo(1);
            for (CommitRequest request = first; ; request = request.next()) {
                Numbered numbered = (Numbered) request;
                assertThat(numbered.number).isEqualTo(++last[numbered.thread]);
                committed.incrementAndGet();
                if (request == end) {
                    break;
                }
            }
            inside.decrementAndGet();
        });
        List<Throwable> errors = new ArrayList<>();
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            running.add(start(() -> {
                Numbered request = new Numbered(thread);
                for (int i = 0; i < each; i++) {
                    request.number++;
                    request.prepare(null, i % 100 == 0, false);
                    queue.commit(request);
                    Throwable error = request.error();
                    if (error != null) {
                        synchronized (errors) {
                            errors.add(error);
                        }
                        return;
                    }
                }
            }));
        }
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(errors).isEmpty();
        assertThat(committed).hasValue(threads * each);
    }

    @Test
    void shouldGiveAGroupsErrorToEachOfItAndGoOn() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger groups = new AtomicInteger();
        List<Integer> sizes = new ArrayList<>();
        CommitQueue queue = new CommitQueue((first, last) -> {
            int group = groups.incrementAndGet();
            int size = 1;
            for (CommitRequest request = first; request != last; request = request.next()) {
                size++;
            }
            sizes.add(size);
            if (group == 1) {
                release.await();
            } else if (group == 2) {
                throw new IOException("the second group fails");
            }
        });
        AtomicInteger failed = new AtomicInteger();
        Thread leader = start(() -> run(queue, failed));
        await().until(() -> groups.get() == 1);
        List<Thread> followers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            followers.add(start(() -> run(queue, failed)));
        }
        for (Thread follower : followers) {
            await().until(() -> follower.getState() == Thread.State.WAITING);
        }
        release.countDown();
        leader.join();
        for (Thread follower : followers) {
            follower.join();
        }
        assertThat(sizes).containsExactly(1, 5);
        assertThat(failed).hasValue(5);
        CommitRequest request = new CommitRequest();
        request.prepare(null, false, false);
        queue.commit(request);
        assertThat(request.error()).isNull();
    }

    @Test
    void shouldNotPutASyncUponThoseWhoDoNotAskForIt() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger groups = new AtomicInteger();
        List<Boolean> mixed = new ArrayList<>();
        CommitQueue queue = new CommitQueue((first, last) -> {
            if (groups.incrementAndGet() == 1) {
                release.await();
                return;
            }
            for (CommitRequest request = first; request != last; request = request.next()) {
                mixed.add(!first.sync() && request.next().sync());
            }
        });
        List<Thread> threads = new ArrayList<>();
        threads.add(start(() -> run(queue, new AtomicInteger())));
        await().until(() -> groups.get() == 1);
        for (int i = 0; i < 6; i++) {
            boolean sync = i % 2 == 1;
            Thread thread = start(() -> {
                CommitRequest request = new CommitRequest();
                request.prepare(null, sync, false);
                queue.commit(request);
            });
            await().until(() -> thread.getState() == Thread.State.WAITING);
            threads.add(thread);
        }
        release.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(mixed).isNotEmpty().doesNotContain(true);
    }

    @Test
    void shouldBoundTheBytesOfAGroup() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger groups = new AtomicInteger();
        List<Long> lengths = new ArrayList<>();
        CommitQueue queue = new CommitQueue((first, last) -> {
            if (groups.incrementAndGet() == 1) {
                release.await();
                return;
            }
            long length = first.length();
            for (CommitRequest request = first; request != last; request = request.next()) {
                length += request.next().length();
            }
            lengths.add(length);
        });
        List<Thread> threads = new ArrayList<>();
        threads.add(start(() -> run(queue, new AtomicInteger())));
        await().until(() -> groups.get() == 1);
        for (int i = 0; i < 8; i++) {
            Thread thread = start(() -> {
                Batch batch = new Batch();
                batch.put(0, new byte[8], new byte[300 << 10]);
                CommitRequest request = new CommitRequest();
                request.prepare(batch, false, false);
                queue.commit(request);
            });
            await().until(() -> thread.getState() == Thread.State.WAITING);
            threads.add(thread);
        }
        release.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(lengths).hasSize(3).allMatch(length -> length <= 1 << 20);
    }

    @Test
    void shouldKeepAnInterruptWithoutSpinningOnIt() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger groups = new AtomicInteger();
        CommitQueue queue = new CommitQueue((first, last) -> {
            if (groups.incrementAndGet() == 1) {
                release.await();
            }
        });
        Thread leader = start(() -> run(queue, new AtomicInteger()));
        await().until(() -> groups.get() == 1);
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread follower = start(() -> {
            run(queue, new AtomicInteger());
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        await().until(() -> follower.getState() == Thread.State.WAITING);
        follower.interrupt();
        await().atMost(5, TimeUnit.SECONDS).until(() -> follower.getState() == Thread.State.WAITING);
        release.countDown();
        leader.join();
        follower.join();
        assertThat(interrupted).isTrue();
    }

    private static void run(CommitQueue queue, AtomicInteger failed) {
        CommitRequest request = new CommitRequest();
        request.prepare(null, false, false);
        queue.commit(request);
        if (request.error() != null) {
            failed.incrementAndGet();
        }
    }

    private static Thread start(Runnable action) {
        Thread thread = new Thread(action, "committer");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static final class Numbered extends CommitRequest {
        final int thread;
        long number;

        Numbered(int thread) {
            this.thread = thread;
        }
    }
}
