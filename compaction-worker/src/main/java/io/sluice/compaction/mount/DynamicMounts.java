// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

/**
 * Mounting on demand.
 *
 * @param table what the worker's owner allows
 * @param mounter mounts it
 */
public record DynamicMounts(MountTable table, Mounter mounter) {}
