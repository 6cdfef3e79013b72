// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import io.sluice.cli.command.Lifetime;
import io.sluice.cli.command.Ready;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** An HDFS of one NameNode and one DataNode in this JVM: Hadoop's own mini cluster. */
@Command(
        name = "hdfs",
        hidden = true,
        description = "Run a small HDFS on this machine, for trials, until stopped.",
        footer = {"", "Example: ./sluice hdfs --dir /tmp/hdfs"})
public final class EmbeddedHdfs implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", required = true, description = "Where it keeps its blocks.")
    private Path directory;

    @Option(names = "--with-parent", hidden = true)
    private boolean withParent;

    @Override
    public Integer call() throws Exception {
        if (withParent) {
            // While it starts, which takes seconds, there is nothing yet to be closed.
            Lifetime.endWithParent(System.in, () -> Runtime.getRuntime().halt(1));
        }
        Files.createDirectories(directory);
        MiniHdfs hdfs = MiniHdfs.start(directory);
        Ready.say(spec.commandLine().getOut(), hdfs.uri());
        return Lifetime.run(hdfs, false);
    }
}
