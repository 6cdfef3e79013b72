// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import java.util.Locale;

/** Who runs a transport's duty cycle. */
enum Driver {
    /** The program itself. */
    CALLER,
    /** The transport's own thread. */
    THREAD;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Driver> {
        Converter() {
            super(values());
        }
    }
}
