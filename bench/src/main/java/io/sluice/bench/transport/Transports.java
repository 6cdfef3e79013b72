// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import java.util.Locale;

/** What carries the messages. */
enum Transports {
    TCP;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Transports> {
        Converter() {
            super(values());
        }
    }
}
