// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import org.jspecify.annotations.Nullable;

/**
 * What a connection's messages and one-sided operations go by.
 *
 * @param name {@code rdma}, {@code tcp}, {@code memory}
 * @param reason why they do not go over RDMA; null where they do
 */
public record ConnectionPath(String name, @Nullable String reason) {
    /** Whether they go over RDMA: one-sided operations then without the peer's CPU. */
    public boolean isRdma() {
        return reason == null;
    }

    @Override
    public String toString() {
        return reason == null ? name : name + " (" + reason + ")";
    }
}
