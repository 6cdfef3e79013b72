// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import java.util.List;

/**
 * One of several owners of stores that share a worker and are kept apart: what its requests carry, and below what its
 * storage lies. A value.
 *
 * @param instanceName the {@code instance_name} of its stores
 * @param secret what its requests carry as {@code Authorization: Bearer}, at least 16 characters
 * @param roots URIs below which its storages must be, at least one; those of the worker hold too
 */
public record Tenant(String instanceName, String secret, List<String> roots) {
    /** Copies the list and checks the lengths. */
    public Tenant {
        roots = List.copyOf(roots);
        if (instanceName.isEmpty() || roots.isEmpty()) {
            throw new IllegalArgumentException("a tenant needs a name and at least one root");
        }
        if (secret.length() < WorkerSettings.MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException("the secret of tenant " + instanceName + " has less than "
                    + WorkerSettings.MIN_SECRET_LENGTH + " characters");
        }
    }

    @Override
    public String toString() {
        return "Tenant[instanceName=" + instanceName + ", roots=" + roots + "]"; // never the secret
    }
}
