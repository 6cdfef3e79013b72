// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import java.io.IOException;
import java.nio.file.Path;

/** Starts the processes of {@link WorkerSettings#children()}. Safe for concurrent use. */
@FunctionalInterface
public interface ChildStarter {
    /**
     * Starts a process that does what {@link CompactionChild#run} does with its stdin and stdout, as they are: nothing
     * else may write there.
     *
     * @param log the file for what it says on stderr
     * @param temporary the directory for its temporary files, deleted when it has ended
     */
    Process start(Path log, Path temporary) throws IOException;
}
