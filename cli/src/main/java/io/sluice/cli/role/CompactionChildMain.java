// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInJars;
import io.sluice.compaction.plugin.PlugInServices;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.CompactionChild;
import io.sluice.store.storage.Storages;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * The process of one compaction, started by {@code ./sluice worker --http} with {@code --multi-process}, and nobody else.
 * Its only argument is the directory of plug-ins, where there is one.
 */
public final class CompactionChildMain {
    private CompactionChildMain() {}

    /** Does one attempt at a job, told on stdin, and tells of it on stdout. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (InputStream in = new FileInputStream(FileDescriptor.in);
                OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            System.setIn(InputStream.nullInputStream()); // these two pipes are not for plug-ins
            System.setOut(System.err);
            CompactionChild.run(
                    in,
                    out,
                    uri -> Storages.open(uri, Map.of()),
                    plugIns(args),
                    () -> Runtime.getRuntime().halt(1));
        }
        Runtime.getRuntime().halt(0); // whatever plug-ins have started
    }

    private static PlugInSource plugIns(String[] args) throws IOException {
        PlugIns common = PlugInServices.ofClassPath();
        return args.length == 0 ? PlugInSource.of(common) : PlugInJars.open(Path.of(args[0]), common, System::nanoTime);
    }
}
