// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.compaction.worker.StorageOpener;
import io.sluice.store.compaction.CompactionContext;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Notes when a job leaves the engine, when its worker begins, when it has done its last on storage, and when the engine
 * hears of it, on one clock: store and worker are in this JVM. For one job at a time.
 */
final class JobTimes implements CompactionExecutorFactory {
    private final CompactionExecutorFactory remote;
    private final AtomicLong sent;
    private final AtomicLong began;
    private final AtomicLong ended;
    private final AtomicLong heard = new AtomicLong();

    private JobTimes(CompactionExecutorFactory remote, Worker worker) {
        this.remote = remote;
        this.sent = new AtomicLong();
        this.began = worker.began;
        this.ended = worker.ended;
    }

    /** The worker's half. */
    static final class Worker implements StorageOpener {
        private final AtomicLong began = new AtomicLong();
        private final AtomicLong ended = new AtomicLong();

        @Override
        public Storage open(String uri) throws IOException {
            began.set(System.nanoTime());
            Storage storage = Storages.open(uri, Map.of());
            return (Storage) Proxy.newProxyInstance(
                    JobTimes.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                        try {
                            return method.invoke(storage, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        } finally {
                            if (!method.getName().equals("close")) {
                                ended.set(System.nanoTime());
                            }
                        }
                    });
        }
    }

    /** Of the jobs that go to such a worker. */
    static JobTimes of(CompactionExecutorFactory remote, Worker worker) {
        return new JobTimes(remote, worker);
    }

    @Override
    public CompactionExecutor create(CompactionContext context) throws IOException {
        CompactionExecutor executor = remote.create(context);
        return new CompactionExecutor() {
            @Override
            public Running start(CompactionJob job) {
                sent.set(System.nanoTime());
                Running running = executor.start(job);
                var unused = running.result().whenComplete((result, failure) -> heard.set(System.nanoTime()));
                return running;
            }

            @Override
            public int capacity() {
                return executor.capacity();
            }

            @Override
            public void close() {
                executor.close();
            }
        };
    }

    /** From the engine to the worker's first act, ns. */
    long dispatchNs() {
        return began.get() - sent.get();
    }

    /** From the worker's last act to the engine, ns. */
    long noticeNs() {
        return heard.get() - ended.get();
    }

    /** When the worker began. */
    long beganNs() {
        return began.get();
    }
}
