// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInJars;
import io.sluice.store.storage.Storages;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The process of an attempt, as the command line's. */
final class ChildForTests {
    private ChildForTests() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        CompactionChild.run(
                new FileInputStream(FileDescriptor.in),
                out,
                uri -> Storages.open(uri, Map.of()),
                PlugInJars.open(Path.of(args[0]), PlugIns.BUILT_IN, System::nanoTime),
                () -> Runtime.getRuntime().halt(1));
        Runtime.getRuntime().halt(0);
    }

    /** Starts them with these plug-ins. */
    static ChildStarter starter(Path plugIns) {
        return (log, temporary) -> new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:+DisplayVMOutputToStderr",
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        ChildForTests.class.getName(),
                        plugIns.toString())
                .redirectError(log.toFile())
                .start();
    }
}
