// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import java.util.List;

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
 */
public record WorkerStatus(
        String id, int running, int slots, long finished, long refused, long bytesPerSecond, List<String> memnodes) {}
