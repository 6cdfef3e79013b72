// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import org.jspecify.annotations.Nullable;

/**
 * Whose job it is, as people and a worker's mounts know it.
 *
 * @param store the store's name, for people
 * @param instanceName the parameter {@code instance_name}: one plain name
 * @param hosterRoot the parameter {@code hoster_root}: what of the storage's path a worker replaces by a directory of its
 *     own; absent where the storage's URI holds as it is
 * @param mount what a worker would have to mount first; absent for nothing
 */
public record HosterDocument(
        String store,
        String instanceName,
        @MayBeAbsent @Nullable String hosterRoot,
        @MayBeAbsent @Nullable Mount mount) {
    private static final int MAX_INSTANCE_NAME_LENGTH = 255;

    /**
     * The parameters {@code nfs_type}, {@code nfs_mnt_src} and {@code nfs_mnt_opt}.
     *
     * @param type of the file system, such as {@code nfs}
     * @param source such as {@code :/nvmepool/shared}
     * @param options such as {@code nolock,addr=192.168.31.16}; may be empty
     */
    public record Mount(String type, String source, String options) {
        /** Checks the lengths. */
        public Mount {
            Check.name("type", type);
            Check.name("source", source);
            Check.text("options", options, Check.MAX_NAME_LENGTH);
        }
    }

    /** Checks the names; an instance name that could be a path is refused. */
    public HosterDocument {
        Check.text("store", store, Check.MAX_NAME_LENGTH);
        Check.text("instance_name", instanceName, MAX_INSTANCE_NAME_LENGTH);
        if (instanceName.isEmpty()
                || instanceName.equals(".")
                || instanceName.equals("..")
                || instanceName.chars().anyMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c))) {
            throw new IllegalArgumentException("instance_name is not one plain name");
        }
        if (hosterRoot != null) {
            Check.name("hoster_root", hosterRoot);
        }
    }
}
