// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.EnumConverter;

/** Where our memtables are flushed. */
enum FlushPlace {
    /** In this JVM. */
    LOCAL("local"),

    /** On workers, over TCP, to a directory. */
    REMOTE("remote"),

    /** On workers, over TCP, to HDFS. */
    REMOTE_HDFS("remote-hdfs");

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
