// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import io.sluice.config.ByteSize;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One side of one contender, for many runs, so that its code stays compiled: a program of its own, since all of {@code
 * sluice} takes a while to start. It ends with its stdin.
 *
 * <p>A server reads {@code serve}, prints {@code at PORT}, serves one connection and prints {@code done MEASUREMENT}. A
 * client reads {@code run PORT} and prints {@code done MEASUREMENT}.
 */
@Command(name = "transport-side", description = "One side of a run of bench transport.")
public final class SideCommand implements Callable<Integer> {
    @Mixin
    private Load load = new Load();

    @Option(names = "--as", converter = SideKind.Converter.class, required = true, description = "Which side of whom.")
    private SideKind kind = SideKind.TCP_SERVER;

    /** Which side of whom. */
    enum SideKind {
        TCP_SERVER,
        TCP_CLIENT,
        TLS_SERVER,
        TLS_CLIENT,
        RDMA_SERVER,
        RDMA_CLIENT,
        NIO_SERVER,
        NIO_CLIENT,
        SELECTOR_SERVER,
        SELECTOR_CLIENT,
        DISNI_SERVER,
        DISNI_CLIENT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** For the command line. */
        static final class Converter extends EnumConverter<SideKind> {
            Converter() {
                super(values());
            }
        }
    }

    /** Runs the side. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new SideCommand())
                .registerConverter(ByteSize.class, ByteSize::parse)
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        switch (kind) {
            case TCP_SERVER -> serve(new SluiceServer(Transports.TCP, load), in, out);
            case TCP_CLIENT -> run(new SluiceClient(Transports.TCP, load), in, out);
            case TLS_SERVER -> serve(new SluiceServer(Transports.TLS, load), in, out);
            case TLS_CLIENT -> run(new SluiceClient(Transports.TLS, load), in, out);
            case RDMA_SERVER -> serve(new SluiceServer(Transports.RDMA, load), in, out);
            case RDMA_CLIENT -> run(new SluiceClient(Transports.RDMA, load), in, out);
            case DISNI_SERVER -> serve(new DisniServer(load), in, out);
            case DISNI_CLIENT -> run(new DisniClient(load), in, out);
            case NIO_SERVER -> serve(new NioServer(load, false), in, out);
            case NIO_CLIENT -> run(new NioClient(load, false), in, out);
            case SELECTOR_SERVER -> serve(new NioServer(load, true), in, out);
            case SELECTOR_CLIENT -> run(new NioClient(load, true), in, out);
        }
        return 0;
    }

    private static void serve(Server opened, BufferedReader in, PrintStream out) throws Exception {
        try (Server server = opened) {
            while (in.readLine() != null) {
                out.println("at " + server.open().getPort());
                out.println("done " + server.serve().write());
            }
        }
    }

    private void run(Client opened, BufferedReader in, PrintStream out) throws Exception {
        try (Client client = opened) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                int port = Integer.parseInt(line.substring(line.indexOf(' ') + 1));
                out.println("done "
                        + client.run(new InetSocketAddress(load.host, port)).write());
            }
        }
    }
}
