// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportContext;
import org.agrona.BitUtil;

/** Sizes that follow from the settings. */
final class Limits {
    private static final int MIN_RING_LENGTH = 256 * 1024;
    /** Agrona's rings take messages of an eighth of their length. */
    private static final int MESSAGES_IN_RING = 8;

    private Limits() {}

    /** Bytes of a submission or delivery ring. */
    static int ringLength(TransportContext context) {
        return BitUtil.findNextPositivePowerOfTwo(
                Math.max(MIN_RING_LENGTH, MESSAGES_IN_RING * context.maxMessageLength()));
    }

    /** Byte credits given: half a ring, since a message must be contiguous and up to two may be lost to the wrap. */
    static int byteWindow(TransportContext context) {
        return ringLength(context) / 2;
    }
}
