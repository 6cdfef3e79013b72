// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A contender whose sides speak {@link SideCommand}'s lines. */
final class TwoProcesses implements Contender {
    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    private final String name;
    private final Duration limit;
    private final SideProcess server;
    private final SideProcess client;

    /** Starts both sides. */
    TwoProcesses(
            String name, Load load, Cores cores, Path directory, List<String> serverCommand, List<String> clientCommand)
            throws IOException, CommandFailure {
        this.name = name;
        this.limit = START_LIMIT.plusMillis(2L * (load.warmUpMillis + load.millis));
        server = new SideProcess(name + "-server", cores.at(true, serverCommand), directory);
        boolean started = false;
        try {
            client = new SideProcess(name + "-client", cores.at(false, clientCommand), directory);
            started = true;
        } finally {
            if (!started) {
                server.close();
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Run run() throws CommandFailure, InterruptedException {
        server.tell("serve");
        String port = server.await("at ", START_LIMIT);
        client.tell("run " + port);
        Measurement asked = Measurement.read(client.await("done ", limit));
        return new Run(asked, Measurement.read(server.await("done ", START_LIMIT)));
    }

    @Override
    public void close() throws IOException {
        try (server) {
            client.close();
        }
    }
}
