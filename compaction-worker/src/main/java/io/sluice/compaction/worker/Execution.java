// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.ResultDocument;
import io.sluice.store.storage.Storage;
import java.io.IOException;

/** How a worker has an attempt done: in its own process, or in one of the attempt's. Safe for concurrent use. */
interface Execution {
    /**
     * Compacts, on the caller's thread, and leaves the RESULT file; tells {@code hosted} how to end it, and what is
     * finished.
     *
     * @param uri where {@code storage} is on this machine
     */
    ResultDocument run(HostedAttempt hosted, String uri, Storage storage) throws IOException;
}
