// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * One of those compared.
 *
 * @param name as told in reports
 * @param inThisJvm whether it is to be warmed up
 */
record Side(String name, boolean inThisJvm, Runner runner) {
    /** Runs all benchmarks once. */
    @FunctionalInterface
    interface Runner {
        /**
         * Runs them.
         *
         * @param directory empty
         * @param lines gets the report lines
         */
        List<Figure> run(Path directory, long seed, Consumer<String> lines) throws Exception;
    }
}
