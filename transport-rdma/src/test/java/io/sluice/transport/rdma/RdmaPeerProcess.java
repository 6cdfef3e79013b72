// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.ContractPeer;
import io.sluice.transport.OtherProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A {@link ContractPeer} over RDMA in a JVM of its own, which serves one test after the other as long as none kills it. */
final class RdmaPeerProcess implements OtherProcess {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** An emulated processor takes fifteen seconds to start one. */
    private static @Nullable RdmaPeerProcess idle;

    private final TestProcess process;
    private final InetSocketAddress address;

    private boolean paused;

    private RdmaPeerProcess(TestProcess process, int port) {
        this.process = process;
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Says its port and serves until its stdin ends. */
    public static void main(String[] args) throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (RdmaFixture fixture = new RdmaFixture();
                ContractPeer peer = new ContractPeer(fixture::open, any, false, fixture.patience())) {
            System.out.println("port " + peer.address().getPort());
            while (System.in.read() >= 0) {
                // nothing is said on it
            }
        }
    }

    static RdmaPeerProcess start() throws IOException, InterruptedException {
        RdmaPeerProcess waiting = idle;
        if (waiting != null) {
            idle = null;
            return waiting;
        }
        TestProcess process = TestProcess.java(
                        RdmaPeerProcess.class.getName(),
                        "-Xmx128m",
                        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                        "-Djava.library.path=" + System.getProperty("java.library.path"))
                .start();
        return new RdmaPeerProcess(
                process, Integer.parseInt(process.awaitOut("port (\\d+)", LIMIT).group(1)));
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public void kill() throws InterruptedException {
        process.kill();
        process.awaitExit(LIMIT);
    }

    @Override
    public void pause() throws IOException, InterruptedException {
        paused = true;
        process.pause();
    }

    @Override
    public void resume() throws IOException, InterruptedException {
        process.resume();
        paused = false;
    }

    @Override
    public void close() {
        if (idle == null && process.isAlive() && !paused) {
            idle = this;
        } else {
            process.close();
        }
    }

    /** Ends the one that is left. */
    static void closeIdle() {
        RdmaPeerProcess waiting = idle;
        if (waiting != null) {
            idle = null;
            waiting.process.close();
        }
    }
}
