// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import io.sluice.transport.IdleMode;

/** {@link IdleMode}, as the command line names it. */
enum Idle {
    BLOCKING("blocking", IdleMode.BLOCKING),
    BACKOFF("backoff", IdleMode.BACKOFF),
    YIELDING("yielding", IdleMode.YIELDING),
    BUSY_SPIN("busy-spin", IdleMode.BUSY_SPIN);

    private final String text;
    private final IdleMode mode;

    Idle(String text, IdleMode mode) {
        this.text = text;
        this.mode = mode;
    }

    IdleMode mode() {
        return mode;
    }

    @Override
    public String toString() {
        return text;
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Idle> {
        Converter() {
            super(values());
        }
    }
}
