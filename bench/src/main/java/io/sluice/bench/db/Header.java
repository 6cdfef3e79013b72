// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.io.PrintWriter;
import java.util.Locale;

/** The lines with which db_bench begins. */
final class Header {
    private static final double MIB = 1048576;

    private Header() {}

    static void print(DbBenchFlags flags, PrintWriter out) {
        out.printf(Locale.ROOT, "Keys:       %d bytes each%n", flags.keySize);
        out.printf(
                Locale.ROOT,
                "Values:     %d bytes each (%d bytes after compression)%n",
                flags.valueSize,
                flags.valueSize / 2);
        out.printf(Locale.ROOT, "Entries:    %d%n", flags.num);
        out.printf(
                Locale.ROOT,
                "RawSize:    %.1f MB (estimated)%n",
                (flags.keySize + (double) flags.valueSize) * flags.num / MIB);
        out.printf(Locale.ROOT, "Compression: %s%n", flags.compressionType);
        out.printf(
                Locale.ROOT,
                "Java:       %s, %d processors%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors());
        out.println("------------------------------------------------");
        out.flush();
    }
}
