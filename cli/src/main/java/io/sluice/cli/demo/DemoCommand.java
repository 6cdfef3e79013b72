// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import io.sluice.cli.Main;
import io.sluice.cli.load.LoadOptions;
import io.sluice.cli.load.LoadReport;
import io.sluice.transport.rdma.RdmaSupport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice demo}. */
@Command(
        name = "demo",
        description = {
            "Start a memnode, two workers and a generator on this machine, each a process of its own; write, flush, read"
                    + " everything back and compare.",
            "Ends with exit code 0 only if every value was read back and at least one flush was remote. Leaves nothing"
                    + " running."
        },
        footer = {
            "",
            "Examples:",
            "  ./sluice demo",
            "  ./sluice demo --hdfs --json",
            "  ./sluice demo --transport rdma",
            "  ./sluice demo --input packages.jsonl --key-column Package --write-buffer-size 256KiB"
        })
public final class DemoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private LoadOptions load = LoadOptions.forDemo();

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where everything is kept, and stays; a new or empty directory. Default: a temporary one that"
                    + " is deleted at the end.")
    private @Nullable Path directory;

    @Option(names = "--keep", description = "Keep the temporary directory too.")
    private boolean keep;

    @Option(
            names = "--hdfs",
            description = "Store on an HDFS that is started for it (Hadoop's mini cluster); --num is 100000 and"
                    + " --write-buffer-size 2MiB by default then.")
    private boolean hdfs;

    @Option(
            names = "--transport",
            paramLabel = "TRANSPORT",
            description =
                    "What data go by: tcp, rdma (fails where this machine has no device), prefer (rdma where it has,"
                            + " else tcp, with the reason in the report); tcp.")
    private DemoTransport transport = DemoTransport.TCP;

    @Option(
            names = "--tls",
            description = "Encrypt what goes between the roles over TCP, with certificates made for this demo.")
    private boolean tls;

    @Option(names = "--json", description = "Print the report as one JSON object on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (hdfs) {
            load.shrinkForHdfs(spec);
        }
        load.validate(spec);
        if (transport == DemoTransport.RDMA) {
            RdmaSupport.require(); // before anything is started, so that its reason stands alone
        }
        PrintWriter out = spec.commandLine().getOut();
        LoadReport report;
        try (Demo demo = new Demo(DemoDirectory.create(directory, keep), spec, hdfs, transport, tls)) {
            report = demo.run();
        }
        boolean good = report.intact() && report.verified() > 0 && report.remoteFlushes() > 0;
        if (json) {
            out.println(report.toJson());
        } else {
            out.println("sluice demo");
            report.print(out);
            out.println(verdict(report, good));
        }
        out.flush();
        return good ? 0 : Main.FAILED;
    }

    private static String verdict(LoadReport report, boolean good) {
        if (good) {
            return "Good: every value was read back, and workers built what was flushed to them.";
        } else if (!report.intact()) {
            return "BAD: " + report.missing() + " keys are missing and " + report.wrong() + " have another value.";
        } else if (report.verified() == 0) {
            return "BAD: nothing was read back.";
        }
        return "BAD: no flush was remote.";
    }
}
