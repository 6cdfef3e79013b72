// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.EnumConverter;

/** Where our memtables are flushed. */
enum FlushPlace {
    LOCAL("local");

    private final String text;

    FlushPlace(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<FlushPlace> {
        Converter() {
            super(values());
        }
    }
}
