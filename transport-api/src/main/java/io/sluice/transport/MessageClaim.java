// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Room for one message in a connection's submission ring, to be filled in place and then committed or aborted, by the
 * claiming thread and soon: later submissions of the same connection wait for it. Reusable; allocate one per thread.
 */
public final class MessageClaim {
    private @Nullable Owner owner;
    private @Nullable MutableDirectBuffer buffer;
    private int offset;
    private int length;

    /** The ring a claim came from; for transports. */
    public interface Owner {
        /** The message at {@code offset} is complete. */
        void commit(int offset, int length);

        /** The message at {@code offset} is given up. */
        void abort(int offset, int length);
    }

    /** Points this claim to its room; for transports. */
    public void set(Owner claimOwner, MutableDirectBuffer claimed, int claimedOffset, int claimedLength) {
        owner = claimOwner;
        buffer = claimed;
        offset = claimedOffset;
        length = claimedLength;
    }

    /** The buffer to write to, from {@link #offset()} for {@link #length()} bytes and nowhere else. */
    public MutableDirectBuffer buffer() {
        if (buffer == null) {
            throw new IllegalStateException("nothing is claimed");
        }
        return buffer;
    }

    /** Where the message starts in {@link #buffer()}. */
    public int offset() {
        return offset;
    }

    /** Bytes claimed. */
    public int length() {
        return length;
    }

    /** Sends the message. */
    public void commit() {
        take().commit(offset, length);
    }

    /** Gives the room back; nothing is sent. */
    public void abort() {
        take().abort(offset, length);
    }

    private Owner take() {
        Owner taken = owner;
        if (taken == null) {
            throw new IllegalStateException("nothing is claimed");
        }
        owner = null;
        buffer = null;
        return taken;
    }
}
