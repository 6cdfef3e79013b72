// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;

/**
 * Who is at the other end: proven to hold the cluster's secret. Over TLS its certificate is for this role and name. Else
 * they are its own words under that proof; any holder of the secret can use any name.
 *
 * @param role what it is, such as {@code worker}
 * @param name its name within the cluster
 * @param address where its end of the connection is
 */
public record PeerIdentity(String role, String name, InetSocketAddress address) {
    /** Whether role, name or cluster id may have it: what could break or forge a line of a log is not. */
    public static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    @Override
    public String toString() {
        return role + "/" + name + "@" + address;
    }
}
