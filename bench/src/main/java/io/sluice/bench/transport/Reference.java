// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import java.util.Locale;

/** What a transport is compared with. */
enum Reference {
    /** Java's sockets with nothing above them. */
    NIO,
    /** A C program that copies blocks, and checks them. */
    C;

    /** Whether it does what a mode asks. */
    boolean knows(Mode mode) {
        return switch (this) {
            case NIO -> mode != Mode.BLOCK;
            case C -> mode == Mode.BLOCK;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Reference> {
        Converter() {
            super(values());
        }
    }
}
