// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import org.agrona.DirectBuffer;

/** Takes the messages of a {@link Connection#poll}. */
@FunctionalInterface
public interface MessageHandler {
    /**
     * A message. Its bytes are valid until this returns. Where this throws, the message counts as consumed and the
     * exception reaches the caller of {@code poll}.
     */
    void onMessage(DirectBuffer buffer, int offset, int length);
}
