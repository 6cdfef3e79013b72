// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.OpenResources;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.process.JavaCommand;
import io.sluice.cli.process.PipedProcess;
import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInJars;
import io.sluice.compaction.plugin.PlugInServices;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.ChildStarter;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.config.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What compactions run on: their plug-ins and processes. */
final class AttemptOptions {
    private static final long MIN_MEMORY = 64 << 20;

    @Option(
            names = "--plug-ins",
            paramLabel = "DIR",
            description = "Plug-ins of stores: the jars in DIR/INSTANCE_NAME are for that store's compactions alone; by"
                    + " default there are only those on the class path.")
    private @Nullable Path plugIns;

    @Option(
            names = "--multi-process",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "Run each compaction in a process of its own, so that a plug-in that crashes harms no other;"
                    + " ${DEFAULT-VALUE}. Environment: MULTI_PROCESS.")
    private boolean multiProcess;

    @Option(
            names = "--process-memory",
            paramLabel = "SIZE",
            description = "The largest heap of such a process; ${DEFAULT-VALUE}.")
    private ByteSize memory = new ByteSize(512 << 20);

    @Option(
            names = "--work-root",
            paramLabel = "DIR",
            description =
                    "Where compactions have their directories, with what is told of each and what its process logs; this"
                            + " worker's alone; by default a temporary one that goes with the worker. Environment: WORKER_DB_ROOT.")
    private @Nullable Path workRoot;

    @Option(
            names = "--delete-work-files",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "Delete the directory of a compaction that has ended; without, the last 256 are kept;"
                    + " ${DEFAULT-VALUE}. Environment: DEL_WORKER_TEMP_DB.")
    private boolean deleteWorkFiles;

    void check(CommandSpec command) {
        if (memory.bytes() < MIN_MEMORY) {
            throw ConfigDefaults.error(command, "--process-memory", "expected at least " + MIN_MEMORY);
        }
        Path jars = plugIns;
        if (jars != null && !Files.isDirectory(jars)) {
            throw ConfigDefaults.error(command, "--plug-ins", "expected a directory, found " + jars);
        }
    }

    void addTo(WorkerSettings.Builder settings) {
        settings.children(multiProcess ? starter() : null).workRoot(workRoot).deleteWorkFiles(deleteWorkFiles);
    }

    /** The plug-ins of attempts in this process. */
    PlugInSource source(OpenResources resources) throws IOException {
        PlugIns common = PlugInServices.ofClassPath();
        Path jars = plugIns;
        return jars == null || multiProcess
                ? PlugInSource.of(common)
                : resources.add(PlugInJars.open(jars, common, System::nanoTime));
    }

    private ChildStarter starter() {
        Path jars = plugIns;
        List<String> arguments =
                jars == null ? List.of() : List.of(jars.toAbsolutePath().toString());
        String heap = Long.toString(memory.bytes());
        return (log, temporary) -> PipedProcess.start(
                JavaCommand.main(
                        CompactionChildMain.class.getName(),
                        heap,
                        List.of(
                                "-XX:+ExitOnOutOfMemoryError",
                                "-XX:+DisplayVMOutputToStderr", // stdout is for what the worker understands
                                "-XX:ErrorFile=" + log + ".crash",
                                "-Djava.io.tmpdir=" + temporary),
                        "",
                        arguments),
                log);
    }
}
