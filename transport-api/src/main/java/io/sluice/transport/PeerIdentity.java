// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;

/**
 * Who is at the other end: proven to hold the cluster's secret. Role and name are its own words under that proof; any
 * holder of the secret can use any name.
 *
 * @param role what it is, such as {@code worker}
 * @param name its name within the cluster
 * @param address where its end of the connection is
 */
public record PeerIdentity(String role, String name, InetSocketAddress address) {
    @Override
    public String toString() {
        return role + "/" + name + "@" + address;
    }
}
