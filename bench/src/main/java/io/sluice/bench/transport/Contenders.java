// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.process.JavaCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts the processes of each contender of a run. */
final class Contenders {
    private static final String HEAP = "64m";

    private final Transports transport;
    private final Load load;
    private final Cores cores;
    private final Path directory;

    Contenders(Transports transport, Load load, Cores cores, Path directory) {
        this.transport = transport;
        this.load = load;
        this.cores = cores;
        this.directory = directory;
    }

    /** Ours. */
    Contender sluice() throws IOException, CommandFailure, InterruptedException {
        if (transport == Transports.TLS) {
            load.certificates = Certificates.make(directory.resolve("certs"));
        }
        return javaSides("sluice", transport.toString(), load.mode);
    }

    /** What ours is compared with. */
    Contender start(Reference reference) throws IOException, CommandFailure, InterruptedException {
        String name = reference.toString();
        return switch (reference) {
            case NIO, SELECTOR, TCP -> javaSides(name, name, load.mode);
            case BLOCK -> javaSides(name, transport.toString(), Mode.BLOCK);
            case SOCKPERF -> new Sockperf(load, cores, directory);
            case C -> copyLoop(name);
            case DISNI -> disni(name);
            case PERFTEST -> new Perftest(load, cores, directory);
        };
    }

    private Contender copyLoop(String name) throws IOException, CommandFailure, InterruptedException {
        Path program = CopyLoop.compile(directory);
        return new TwoProcesses(
                name,
                load,
                cores,
                directory,
                CopyLoop.command(program, true, load),
                CopyLoop.command(program, false, load));
    }

    private Contender disni(String name) throws IOException, CommandFailure {
        String library = System.mapLibraryName("disni");
        try (InputStream bytes = Contenders.class.getResourceAsStream("/META-INF/native/linux-x86-64/" + library)) {
            if (bytes == null) {
                throw new CommandFailure("--vs disni needs the native library of transport-rdma, and it was not built");
            }
            Files.copy(bytes, directory.resolve(library));
        }
        return javaSides(name, name, load.mode);
    }

    private Contender javaSides(String name, String kind, Mode mode) throws IOException, CommandFailure {
        return new TwoProcesses(
                name, load, cores, directory, javaSide(kind + "-server", mode), javaSide(kind + "-client", mode));
    }

    private List<String> javaSide(String kind, Mode mode) {
        List<String> args = new ArrayList<>(List.of("--as=" + kind));
        args.addAll(load.toArgs(mode));
        // What DiSNI needs of the JDK; and its library, which the transport finds by itself and bare DiSNI does not.
        List<String> flags =
                List.of("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED", "-Djava.library.path=" + directory);
        return JavaCommand.main(SideCommand.class.getName(), HEAP, flags, "", args);
    }
}
