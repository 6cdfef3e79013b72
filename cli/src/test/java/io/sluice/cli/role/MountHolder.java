// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.process.MountCommands;
import io.sluice.compaction.mount.Mount;
import io.sluice.compaction.mount.Mounts;
import java.nio.file.Path;

/** A process that mounts the source of its second argument below the first, and stays. */
final class MountHolder {
    private MountHolder() {}

    public static void main(String[] args) throws Exception {
        Mounts mounts = Mounts.open(Path.of(args[0]), MountCommands.ofThisMachine());
        Mounts.Mounted mounted = mounts.acquire(new Mount("nfs", args[1], "vers=4.2"));
        System.out.println("mounted at " + mounted.directory());
        Thread.currentThread().join();
    }
}
