// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import java.nio.file.Path;
import java.util.Locale;

/** The formats of input files. */
public enum InputFormat {
    /** Columns between tabs, named by the first line; no quotes, no escapes. */
    TSV,
    /** Columns between commas, named by the first line; quotes as in RFC 4180. */
    CSV,
    /** A JSON object a line. */
    JSONL;

    /**
     * The format that a file's name tells.
     *
     * @throws IllegalArgumentException where it tells none
     */
    public static InputFormat of(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".tsv") || name.endsWith(".tab")) {
            return TSV;
        } else if (name.endsWith(".csv")) {
            return CSV;
        } else if (name.endsWith(".jsonl") || name.endsWith(".ndjson") || name.endsWith(".json")) {
            return JSONL;
        }
        throw new IllegalArgumentException(
                "the name of " + file + " does not tell its format: expected .tsv, .csv or .jsonl, or --input-format");
    }
}
