// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.ContractPeer;
import io.sluice.transport.OtherProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.SSLContext;

/** A {@link ContractPeer} over TCP, or TLS, in a JVM of its own. */
final class TcpPeerProcess implements OtherProcess {
    /** Only the second one uses the processor's instructions for AES. */
    private static final String ALL_COMPILERS = "-XX:TieredStopAtLevel=4";

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final TestProcess process;
    private final InetSocketAddress address;

    private TcpPeerProcess(TestProcess process, int port) {
        this.process = process;
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /**
     * Says its port and serves until its stdin ends.
     *
     * @param args for TLS the files of certificate, key and authority
     */
    public static void main(String[] args) throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        SSLContext tls = args.length == 0
                ? null
                : TlsFiles.pem(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]))
                        .context();
        try (ContractPeer peer = new ContractPeer(context -> TcpTransport.open(context.tls(tls)), any, false, 1)) {
            System.out.println("port " + peer.address().getPort());
            while (System.in.read() >= 0) {
                // nothing is said on it
            }
        }
    }

    static TcpPeerProcess start(Object... args) throws IOException, InterruptedException {
        TestProcess process = TestProcess.java(TcpPeerProcess.class.getName(), "-Xmx128m", ALL_COMPILERS)
                .args(Arrays.stream(args).map(Object::toString).toArray(String[]::new))
                .start();
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
    public void pause() throws IOException, InterruptedException {
        process.pause();
    }

    @Override
    public void resume() throws IOException, InterruptedException {
        process.resume();
    }

    @Override
    public void close() {
        process.close();
    }
}
