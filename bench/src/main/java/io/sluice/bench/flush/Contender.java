// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import java.nio.file.Path;

/** One of those compared: it makes a fresh store and fills it. */
interface Contender {
    /** What tables and JSON call it. */
    String name();

    /**
     * Makes one run.
     *
     * @param seed keys and values follow from it; equal for all contenders of a round
     * @param directory empty, for the run's files; the caller removes it
     */
    Measurement run(Load load, long seed, Path directory) throws Exception;
}
