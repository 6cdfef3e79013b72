// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.bench.common.EnumConverter;

/** What is measured. */
enum Mode {
    /** The time between the engine and the worker, and back. */
    NOTICE("notice"),

    /** The share of bytes that is compacted elsewhere. */
    OFFLOAD("offload"),

    /** Processor time of this process, remote ÷ local. */
    CPU("cpu"),

    /** What a job costs before it begins, in a small and in a large store. */
    START("start"),

    /** Jobs a second of many workers ÷ one. */
    SCALING("scaling");

    private final String text;

    Mode(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Mode> {
        Converter() {
            super(values());
        }
    }
}
