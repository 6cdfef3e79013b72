// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import io.sluice.transport.ConnectionPath;
import java.util.List;
import java.util.Map;

/**
 * What a worker tells people. A value.
 *
 * @param id its name
 * @param running jobs under way
 * @param slots jobs at a time
 * @param finished jobs done since the start, whatever came of them
 * @param refused jobs that found it busy
 * @param bytesPerSecond written to storage lately
 * @param memnodes where it is registered
 * @param paths what data go by from each of these, by name
 */
public record WorkerStatus(
        String id,
        int running,
        int slots,
        long finished,
        long refused,
        long bytesPerSecond,
        List<String> memnodes,
        Map<String, ConnectionPath> paths) {}
