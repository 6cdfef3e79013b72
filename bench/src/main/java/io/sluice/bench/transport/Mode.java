// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import java.util.Locale;

/** What is done over the connection. */
enum Mode {
    /** A message is sent when the echo of the last one is there. */
    PINGPONG,
    /** Messages are sent at fixed times and echoed. */
    RATE,
    /** Messages are sent one way, as fast as they are taken. */
    STREAM,
    /** Blocks are written to the peer's memory, one when the last one is acknowledged. */
    BLOCK,
    /** As BLOCK, in the way that memtables are shipped: a region at both sides for each operation. */
    SHIP;

    /** Whether the peer's memory is written to. */
    boolean isOneSided() {
        return this == BLOCK || this == SHIP;
    }

    /** Whether what counts is the time of an operation, rather than how many there were. */
    boolean isLatency() {
        return this == PINGPONG || this == RATE;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Mode> {
        Converter() {
            super(values());
        }
    }
}
