// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;

/** Jobs that differ from others in part. */
final class Jobs {
    private Jobs() {}

    static JobDocument with(JobDocument job, String uri, HosterDocument hoster) {
        return new JobDocument(
                job.version(),
                job.codeVersion(),
                hoster,
                job.job(),
                job.attempt(),
                job.timeoutMs(),
                uri,
                job.columnFamily(),
                job.compaction(),
                job.snapshots(),
                job.epochNumber(),
                job.options(),
                job.filter(),
                job.identity(),
                job.ranges(),
                job.segments());
    }
}
