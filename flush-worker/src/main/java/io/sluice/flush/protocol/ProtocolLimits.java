// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.sbe.MessageHeaderDecoder;
import java.time.Duration;

/** What a message may carry at most. Bounds what a hostile one can make a peer allocate. */
public final class ProtocolLimits {
    /** The schema's id. */
    public static final int SCHEMA_ID = MessageHeaderDecoder.SCHEMA_ID;
    /** The oldest version of the schema that is read; newer ones only append. */
    public static final int MIN_VERSION = 1;
    /** Bytes of a text. */
    public static final int MAX_TEXT_LENGTH = 64 * 1024;
    /** Bytes of a key or task. */
    public static final int MAX_BYTES_LENGTH = 16 * 1024 * 1024;
    /** Blocks in a memtable or job. */
    public static final int MAX_BLOCKS = 65_534;
    /** The longest deadline that a peer is granted, whatever it asks for. */
    public static final Duration MAX_DEADLINE = Duration.ofHours(1);

    private ProtocolLimits() {}

    /** A deadline as a peer sent it, held between 1 ms and {@link #MAX_DEADLINE}. */
    public static Duration deadline(long millis) {
        return Duration.ofMillis(Math.max(1, Math.min(millis, MAX_DEADLINE.toMillis())));
    }
}
