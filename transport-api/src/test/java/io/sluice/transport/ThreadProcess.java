// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** A {@link ContractPeer} that one thread runs, for transports that do not reach beyond this process. */
public final class ThreadProcess implements OtherProcess {
    private final ContractPeer peer;
    private final Runnable cut;
    private final ReentrantLock running = new ReentrantLock(true);
    private final Thread thread;
    private volatile boolean ended;

    /** @param cut breaks its connections, as the kernel does for a process that it ends */
    public ThreadProcess(ContractPeer.Opener opener, InetSocketAddress listen, Runnable cut) throws TransportException {
        peer = new ContractPeer(opener, listen, true, 1);
        this.cut = cut;
        thread = new Thread(this::run, "thread-process");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (!ended) {
            running.lock();
            try {
                if (!ended && peer.transport().doWork() == 0) {
                    LockSupport.parkNanos(50_000); // as an idle strategy does
                }
            } finally {
                running.unlock();
            }
        }
    }

    @Override
    public InetSocketAddress address() {
        return peer.address();
    }

    @Override
    public void kill() throws InterruptedException {
        ended = true;
        join();
        cut.run();
    }

    @Override
    public void pause() {
        running.lock();
    }

    @Override
    public void resume() {
        running.unlock();
    }

    private void join() throws InterruptedException {
        if (running.isHeldByCurrentThread()) {
            running.unlock();
        }
        thread.join();
    }

    @Override
    public void close() throws InterruptedException {
        ended = true;
        join();
        peer.close();
    }
}
