// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads records one after the other; for one thread. */
public interface RecordReader extends Closeable {
    /** The next record, or null at the end. */
    @Nullable
    InputRecord next() throws IOException;
}
