// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.config.ConfigDefaults;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Whether a role's data go over RDMA. */
final class RdmaOptions {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final int MAX_CONNECTIONS = 4096;

    @Option(
            names = "--rdma",
            paramLabel = "POLICY",
            description = "off, prefer (RDMA with each peer that has it, else TCP, with the reason in the log and the"
                    + " report), require (RDMA, or no connection); off.")
    private Policy policy = Policy.OFF;

    @Option(
            names = "--rdma-fabric-trusted",
            paramLabel = "BOOLEAN",
            arity = "0..1",
            fallbackValue = "true",
            description =
                    "Whether everybody who can reach the RDMA network is trusted: nothing there is encrypted, and"
                            + " what a memnode lends lies open to who can guess a 32-bit key. Without this there is no RDMA; false.")
    private boolean fabricTrusted;

    @Option(
            names = "--rdma-address",
            paramLabel = "IPV4",
            description = "The address of the RDMA device to use; by default the first that there is.")
    private @Nullable String address;

    @Option(
            names = "--rdma-connections",
            paramLabel = "N",
            description = "Connections that may use RDMA at a time, up to 4096; each takes 4MiB for its messages at the"
                    + " start, and one more than these goes by TCP, or fails where RDMA is required. A memnode has one for"
                    + " each worker and each open store, a worker one for each memnode and job, a generator one for each"
                    + " memnode and job; ${DEFAULT-VALUE}.")
    private int connections = 32;

    /** What the options say, checked; all rights to all peers. */
    RdmaSettings settings(CommandSpec command) {
        if (policy == Policy.OFF) {
            return RdmaSettings.OFF;
        }
        if (!fabricTrusted) {
            throw ConfigDefaults.error(
                    command,
                    "--rdma-fabric-trusted",
                    "missing: what goes over RDMA is neither encrypted nor proven; say that the network is trusted, or"
                            + " leave --rdma off");
        }
        if (connections < 1 || connections > MAX_CONNECTIONS) {
            throw ConfigDefaults.error(
                    command, "--rdma-connections", "expected 1 to " + MAX_CONNECTIONS + ", found " + connections);
        }
        return RdmaSettings.of(policy)
                .withFabricTrusted(true)
                .withAddress(address == null ? null : parse(command, address))
                .withConnections(connections);
    }

    /** No names: a look-up could give another address each time. */
    private static InetAddress parse(CommandSpec command, String text) {
        try {
            if (IPV4.matcher(text).matches() && InetAddress.getByName(text) instanceof Inet4Address found) {
                return found;
            }
        } catch (UnknownHostException e) {
            throw wrongAddress(command, text);
        }
        throw wrongAddress(command, text);
    }

    private static RuntimeException wrongAddress(CommandSpec command, String text) {
        return ConfigDefaults.error(command, "--rdma-address", "expected an IPv4 address, found '" + text + "'");
    }
}
