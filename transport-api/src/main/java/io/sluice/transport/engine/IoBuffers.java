// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.agrona.BufferUtil;

/**
 * Direct buffers for sockets, handed from closed connections to new ones. Belongs to the agent, which frees them when it
 * ends; nobody else sees them, so that none is touched after that.
 */
final class IoBuffers {
    private static final int MAX_KEPT = 32;

    private final int length;
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

    IoBuffers(int length) {
        this.length = length;
    }

    ByteBuffer take() {
        ByteBuffer buffer = free.poll();
        return buffer == null ? ByteBuffer.allocateDirect(length) : buffer.clear();
    }

    void giveBack(ByteBuffer buffer) {
        if (free.size() < MAX_KEPT) {
            free.add(buffer);
        } else {
            BufferUtil.free(buffer);
        }
    }

    void close() {
        free.forEach(BufferUtil::free);
        free.clear();
    }
}
