// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.io.IOException;
import java.util.function.ToDoubleFunction;

/** One of those compared: programs that stay for all rounds. */
interface Contender extends AutoCloseable {
    /** As told in reports. */
    String name();

    /** Makes one run. */
    Run run() throws Exception;

    @Override
    void close() throws IOException;

    /**
     * One run, as both sides saw it.
     *
     * @param server without figures where the side can't tell
     */
    record Run(Measurement client, Measurement server) {
        /** What a side that can't tell says. */
        static final Measurement UNTOLD = new Measurement(0, 0, -1, null);

        /** A figure of the client's. */
        double of(ToDoubleFunction<Measurement> figure) {
            return figure.applyAsDouble(client);
        }
    }
}
