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
    @Override
    public String toString() {
        return reason == null ? name : name + " (" + reason + ")";
    }
}
