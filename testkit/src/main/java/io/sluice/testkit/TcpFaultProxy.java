// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy on loopback that passes bytes on until told to do worse: cut, delay, swallow, corrupt, slow down. Faults
 * hold for all its connections, from the next bytes on. Two threads a connection; close ends and joins them all.
 */
public final class TcpFaultProxy implements AutoCloseable {
    private static final int BUFFER_LENGTH = 64 * 1024;

    private final InetSocketAddress target;
    private final ServerSocket server;
    private final Thread acceptor;

    @GuardedBy("this")
    private final List<Socket> sockets = new ArrayList<>();

    @GuardedBy("this")
    private final List<Thread> pumps = new ArrayList<>();

    private volatile boolean blackHole;
    private volatile boolean closed;
    private volatile int sliceLength = BUFFER_LENGTH;
    private volatile long delayNs;
    private volatile long bytesPerSecond = Long.MAX_VALUE;
    private volatile long corruptAt = -1;

    /** Starts a proxy on a free port of loopback. */
    public TcpFaultProxy(InetSocketAddress target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        this.acceptor = start(this::accept, "fault-proxy-accept");
    }

    /** Where to dial. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /** Takes all bytes and passes none on, neither bytes nor ends; no connection is closed. */
    public void blackHole(boolean on) {
        blackHole = on;
    }

    /** Holds each piece back for a time before it goes on. */
    public void delay(Duration time) {
        delayNs = time.toNanos();
    }

    /** Passes on at most so many bytes a piece, each sent by itself. */
    public void slice(int length) {
        sliceLength = Math.max(1, Math.min(length, BUFFER_LENGTH));
    }

    /** Passes on at most so many bytes a second and direction. */
    public void slow(long limit) {
        bytesPerSecond = limit;
    }

    /** Flips a bit of the byte of that index, from 0, in each direction of each connection; negative for none. */
    public void corruptAt(long index) {
        corruptAt = index;
    }

    /** Cuts all connections; new ones can be made. */
    public synchronized void cut() {
        sockets.forEach(TcpFaultProxy::closeQuietly);
        sockets.clear();
    }

    private void accept() {
        while (!closed) {
            try {
                connect(server.accept());
            } catch (IOException e) {
                if (server.isClosed()) {
                    return;
                }
            }
        }
    }

    private void connect(Socket client) throws IOException {
        Socket upstream = new Socket();
        try {
            upstream.connect(target, 5000);
            upstream.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        } catch (IOException e) {
            closeQuietly(upstream);
            closeQuietly(client);
            throw e;
        }
        synchronized (this) {
            sockets.add(client);
            sockets.add(upstream);
            AtomicInteger open = new AtomicInteger(2);
            pumps.removeIf(pump -> !pump.isAlive());
            pumps.add(start(() -> pump(client, upstream, open), "fault-proxy-there"));
            pumps.add(start(() -> pump(upstream, client, open), "fault-proxy-back"));
            if (closed) {
                cut();
            }
        }
    }

    private static Thread start(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void pump(Socket from, Socket to, AtomicInteger open) {
        pump(from, to);
        if (open.decrementAndGet() == 0 && !blackHole) { // both directions have ended
            closeQuietly(from);
            closeQuietly(to);
            synchronized (this) {
                sockets.remove(from);
                sockets.remove(to);
            }
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_LENGTH];
        long passed = 0;
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int count;
            while ((count = in.read(buffer)) >= 0) {
                long corrupt = corruptAt;
                if (corrupt >= passed && corrupt < passed + count) {
                    buffer[(int) (corrupt - passed)] ^= 0x10;
                }
                passed += count;
                pass(buffer, count, out);
            }
            if (!blackHole) {
                to.shutdownOutput();
            }
        } catch (IOException e) {
            if (!blackHole) {
                closeQuietly(from);
                closeQuietly(to);
            }
        }
    }

    private void pass(byte[] buffer, int count, OutputStream out) throws IOException {
        if (delayNs > 0) {
            LockSupport.parkNanos(delayNs);
        }
        for (int from = 0; from < count && !blackHole; ) {
            int piece = Math.min(sliceLength, count - from);
            out.write(buffer, from, piece);
            from += piece;
            if (bytesPerSecond != Long.MAX_VALUE) {
                LockSupport.parkNanos(piece * 1_000_000_000L / bytesPerSecond);
            }
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Closing is all that was wanted.
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
        cut();
        boolean interrupted = !join(acceptor);
        List<Thread> running;
        synchronized (this) {
            running = List.copyOf(pumps);
        }
        cut();
        for (Thread pump : running) {
            interrupted |= !join(pump);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean join(Thread thread) {
        try {
            thread.join(5000);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
