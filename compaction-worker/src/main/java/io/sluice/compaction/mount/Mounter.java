// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The machine's own means to mount file systems. Safe for concurrent use. */
public interface Mounter {
    /**
     * Mounts over a directory; without devices, programs and other users' rights from there. Where it fails nothing is
     * mounted.
     *
     * @throws io.sluice.store.base.StoreException {@code IO} or {@code TIMED_OUT} {@code compaction.worker.mount-failed}
     */
    void mount(Mount mount, Path directory) throws IOException;

    /** Takes a mount away; at once from its place, from the machine when nobody uses it any more. */
    void unmount(Path directory) throws IOException;

    /** Where something is mounted at or below a directory, deepest first. */
    List<Path> mountedBelow(Path directory) throws IOException;
}
