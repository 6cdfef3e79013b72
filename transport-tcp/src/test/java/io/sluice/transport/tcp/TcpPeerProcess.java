// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.ContractPeer;
import io.sluice.transport.OtherProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A {@link ContractPeer} over TCP in a JVM of its own. */
final class TcpPeerProcess implements OtherProcess {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final TestProcess process;
    private final InetSocketAddress address;

    private TcpPeerProcess(TestProcess process, int port) {
        this.process = process;
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Says its port and serves until its stdin ends. */
    public static void main(String[] args) throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (ContractPeer peer = new ContractPeer(TcpTransport::open, any, false, 1)) {
            System.out.println("port " + peer.address().getPort());
            while (System.in.read() >= 0) {
                // nothing is said on it
            }
        }
    }

    static TcpPeerProcess start() throws IOException, InterruptedException {
        TestProcess process =
                TestProcess.java(TcpPeerProcess.class.getName(), "-Xmx128m").start();
        return new TcpPeerProcess(
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
    public void pause() throws Exception {
        signal("-STOP");
    }

    @Override
    public void resume() throws Exception {
        signal("-CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", name, Long.toString(process.pid())).start();
        if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new IOException("kill " + name + " failed");
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
