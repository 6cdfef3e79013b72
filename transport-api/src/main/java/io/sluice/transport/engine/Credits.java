// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What this side may still send: a window of messages and of bytes beyond what the peer's program has taken. Any thread
 * reserves; the agent hears of what was taken. Invariant: 0 ≤ sent − consumed ≤ window, of both.
 */
final class Credits {
    private final long messageWindow;
    private final long byteWindow;
    private final AtomicLong sentMessages = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private volatile long consumedMessages;
    private volatile long consumedBytes;

    Credits(long messageWindow, long byteWindow) {
        this.messageWindow = messageWindow;
        this.byteWindow = byteWindow;
    }

    /** Reserves one message; its position in bytes, or -1 where there is no credit. */
    long reserve(int bytes) {
        if (take(sentMessages, 1, messageWindow, true) < 0) {
            return -1;
        }
        long position = take(sentBytes, bytes, byteWindow, false);
        if (position < 0) {
            sentMessages.getAndDecrement();
        }
        return position;
    }

    private long take(AtomicLong sent, int amount, long window, boolean messages) {
        while (true) {
            long now = sent.get();
            if (now + amount - (messages ? consumedMessages : consumedBytes) > window) {
                return -1;
            }
            if (sent.compareAndSet(now, now + amount)) {
                return now + amount;
            }
        }
    }

    /** Messages for which credit was taken and not given back, in all. */
    long reservedMessages() {
        return sentMessages.get();
    }

    /** Gives a reservation back. */
    void cancel(int bytes) {
        sentBytes.getAndAdd(-bytes);
        sentMessages.getAndDecrement();
    }

    /**
     * The peer's program took messages; the counts are totals, that of messages modulo 2^32.
     *
     * @param mayBeLate whether counts may come out of order, the older ones being of no use then
     * @return false where that can't be
     */
    boolean onConsumed(int messages, long bytes, boolean mayBeLate) {
        long before = consumedMessages;
        int more = messages - (int) before;
        if (more == 0 && bytes == consumedBytes) {
            return true;
        }
        if (mayBeLate && more <= 0 && bytes <= consumedBytes) {
            return true;
        }
        if (more < 0 || before + more > sentMessages.get() || bytes < consumedBytes || bytes > sentBytes.get()) {
            return false;
        }
        consumedBytes = bytes;
        consumedMessages = before + more;
        return true;
    }

    /** Whether a message of that size would find credit. */
    boolean has(int bytes) {
        return sentMessages.get() - consumedMessages < messageWindow
                && sentBytes.get() + bytes - consumedBytes <= byteWindow;
    }
}
