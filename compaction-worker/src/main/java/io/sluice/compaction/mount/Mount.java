// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

/**
 * What to mount, as a {@link MountTable} allowed it: three words of letters, digits and {@code @._:/[]%+~=,-} that do not
 * begin with {@code -}. A value; equal ones share one mount.
 *
 * @param type of the file system, such as {@code nfs}
 * @param source such as {@code 10.0.0.5:/export}
 * @param options separated by commas; empty for none
 */
public record Mount(String type, String source, String options) {
    @Override
    public String toString() {
        return type + " " + source + (options.isEmpty() ? "" : " with " + options);
    }
}
