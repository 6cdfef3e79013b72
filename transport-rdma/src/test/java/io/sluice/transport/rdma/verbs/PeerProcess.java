// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import io.sluice.transport.Access;
import io.sluice.transport.Region;
import io.sluice.transport.wire.PathOffer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** A dialler in a process of its own, which can be stopped and killed. */
final class PeerProcess implements AutoCloseable {
    private static final byte[] MESSAGE = new byte[100];
    /** Before the line that is meant for the other process: logging may print some of its own. */
    private static final String OFFER = "offer ";

    private final Process process;
    private final BufferedReader output;

    private PeerProcess(Process process) {
        this.process = process;
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Dials what is offered. */
    static PeerProcess start(PathOffer offer) throws IOException {
        List<String> command = List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--add-exports",
                "java.base/sun.nio.ch=ALL-UNNAMED",
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path"),
                PeerProcess.class.getName(),
                HexFormat.of().formatHex(offer.encode()));
        return new PeerProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** What it tells of its side, once it has. */
    PathOffer offer() throws IOException {
        String line;
        do {
            line = output.readLine();
            if (line == null) {
                throw new IOException("the peer ended");
            }
        } while (!line.startsWith(OFFER));
        return PathOffer.decode(HexFormat.of().parseHex(line.substring(OFFER.length())));
    }

    void signal(String name) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " ended with " + status);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Sends and writes for ever. */
    public static void main(String[] arguments) throws IOException {
        PathEnd end = PathEnd.polled(PathPair.CLIENT);
        Region region = end.region(1 << 20);
        end.counting = true;
        end.dial(PathOffer.decode(HexFormat.of().parseHex(arguments[0])), Access.READ_WRITE);
        System.out.println(OFFER + HexFormat.of().formatHex(end.path().offer().encode()));
        System.out.flush();
        long written = -1;
        while (end.broken == null) {
            end.provider.poll();
            if (end.readies > 0 && written != end.counted) {
                written = end.counted;
                boolean taken = end.path().write(0, region.memory(), 0, 1 << 20, end.remote(0), end.remoteKey());
                if (!taken || !end.trySend(MESSAGE)) {
                    throw new IllegalStateException("no room");
                }
                end.path().flush();
            }
        }
    }
}
