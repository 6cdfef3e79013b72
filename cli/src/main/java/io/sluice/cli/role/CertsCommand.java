// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.process.KeytoolCommand;
import io.sluice.transport.tcp.TestAuthority;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./sluice certs}. */
@Command(
        name = "certs",
        description = {
            "Make certificates for a trial, signed by an authority of its own that is made with the first of them.",
            "Prints the flags for each role. The directory can make more at any time: keep it to yourself, and give each"
                    + " machine only its own .pem and .key, and ca.pem. They last 825 days."
        },
        footer = {"", "Example: ./sluice certs --dir certs memnode/m1 'worker/*' generator/g1"})
public final class CertsCommand implements Callable<Integer> {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:_*-]+");
    private static final Pattern NAME = Pattern.compile("(memnode|worker|generator|client)/(\\*|[A-Za-z0-9._-]+)");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            required = true,
            description = "Where the authority is, or is made, and all files are put.")
    private Path directory = Path.of("");

    @Option(names = "--cluster", paramLabel = "NAME", description = "The cluster's name, a note; ${DEFAULT-VALUE}.")
    private String cluster = "sluice";

    @Option(
            names = "--hosts",
            paramLabel = "HOST",
            split = ",",
            description = "For a worker with --http: the names and addresses by which stores, or a proxy, reach it.")
    private List<String> hosts = List.of();

    @Parameters(
            paramLabel = "ROLE/NAME",
            arity = "1..*",
            description = "Who gets one: memnode, worker or generator, and its --name, or * for all of that role.")
    private List<String> owners = List.of();

    @Override
    public Integer call() throws Exception {
        for (String owner : owners) {
            if (!NAME.matcher(owner).matches()) {
                throw new ParameterException(
                        spec.commandLine(), "expected ROLE/NAME, such as worker/w1 or worker/*, found '" + owner + "'");
            }
        }
        for (String host : hosts) {
            if (!HOST.matcher(host).matches()) {
                throw new ParameterException(
                        spec.commandLine(), "expected a host's name or address for --hosts, found '" + host + "'");
            }
        }
        TestAuthority authority = TestAuthority.open(directory, cluster, KeytoolCommand::run);
        PrintWriter out = spec.commandLine().getOut();
        for (String owner : owners) {
            int slash = owner.indexOf('/');
            List<String> flags =
                    TlsOptions.flags(authority, owner.substring(0, slash), owner.substring(slash + 1), hosts);
            out.println(owner + ": " + String.join(" ", flags));
        }
        out.flush();
        return 0;
    }
}
