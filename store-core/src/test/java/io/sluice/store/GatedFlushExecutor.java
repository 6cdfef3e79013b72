// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A remote executor that hangs until it is opened, then flushes on this machine; results may be tampered with. */
final class GatedFlushExecutor implements FlushExecutorFactory, FlushExecutor {
    final AtomicInteger started = new AtomicInteger();
    final AtomicInteger urged = new AtomicInteger();
    final AtomicInteger settled = new AtomicInteger();
    final AtomicInteger installed = new AtomicInteger();
    private final CountDownLatch gate;
    volatile UnaryOperator<FlushResult> tamper;
    /** Whether what failed is tried again on this machine. */
    volatile boolean fallsBack = true;

    private final List<CompletableFuture<FlushResult>> pending = new ArrayList<>();
    private @Nullable FlushContext context;

    GatedFlushExecutor(boolean open) {
        this(open, UnaryOperator.identity());
    }

    GatedFlushExecutor(boolean open, UnaryOperator<FlushResult> tamper) {
        this.gate = new CountDownLatch(open ? 0 : 1);
        this.tamper = tamper;
    }

    void open() {
        gate.countDown();
    }

    @Override
    public FlushExecutor create(FlushContext given) {
        context = given;
        return this;
    }

    @Override
    public Running start(FlushJob job) {
        started.incrementAndGet();
        CompletableFuture<FlushResult> result = new CompletableFuture<>();
        synchronized (pending) {
            pending.add(result);
        }
        FlushContext given = java.util.Objects.requireNonNull(context);
        Thread waiter = new Thread(() -> {
            try {
                gate.await();
                var unused = given.local().start(job).result().whenComplete((made, error) -> {
                    if (error != null) {
                        result.completeExceptionally(error);
                    } else {
                        result.complete(tamper.apply(made));
                    }
                });
            } catch (InterruptedException e) {
                result.completeExceptionally(e);
            }
        });
        waiter.setDaemon(true);
        waiter.start();
        return new Running() {
            @Override
            public CompletableFuture<FlushResult> result() {
                return result;
            }

            @Override
            public void urge() {
                urged.incrementAndGet();
            }

            @Override
            public void settled(boolean isInstalled) {
                settled.incrementAndGet();
                if (isInstalled) {
                    installed.incrementAndGet();
                }
            }
        };
    }

    @Override
    public Running restart(FlushJob job, StoreException failure) {
        return fallsBack ? java.util.Objects.requireNonNull(context).local().start(job) : start(job);
    }

    @Override
    public void close() {
        synchronized (pending) {
            pending.forEach(result -> result.completeExceptionally(
                    new StoreException(StoreException.Kind.CLOSED, "test.closed", "the gate was closed")));
        }
    }
}
