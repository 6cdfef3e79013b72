// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import java.util.List;

/** What a demo's data go by. */
enum DemoTransport {
    /** TCP. */
    TCP("off"),
    /** RDMA where there is a device, else TCP. */
    PREFER("prefer"),
    /** RDMA, or the demo fails. */
    RDMA("require");

    private final String policy;

    DemoTransport(String policy) {
        this.policy = policy;
    }

    /**
     * The flags of a role. All are on this machine, whose RDMA network is trusted.
     *
     * @param connections most that it has at a time
     */
    List<String> flags(int connections) {
        return List.of("--rdma=" + policy, "--rdma-fabric-trusted=true", "--rdma-connections=" + connections);
    }
}
