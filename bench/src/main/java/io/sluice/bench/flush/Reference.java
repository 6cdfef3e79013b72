// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.EnumConverter;

/** What ours is compared with. */
enum Reference {
    ROCKSDB("rocksdb"),
    ROCKSDBJNI("rocksdbjni"),
    NONE("none");

    private final String text;

    Reference(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Reference> {
        Converter() {
            super(values());
        }
    }
}
