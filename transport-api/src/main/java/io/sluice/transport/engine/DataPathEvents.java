// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportException;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link DataPath} tells its connection: from {@link DataPathProvider#poll} only, on the agent. After {@link
 * DataPath#close} nothing but {@link #onClosed}. These may call the path, {@link DataPath#close} too.
 */
public interface DataPathEvents {
    /** Connected, and the cookie was sent or has come: it can be used. Once. */
    void onReady();

    /**
     * A frame has come, whole and in order, as the peer sent it: nothing in it was checked but its length.
     *
     * @param buffer memory of the path; good during the call
     * @param raw the same memory, same offsets; its position and limit may be changed
     */
    void onFrame(UnsafeBuffer buffer, ByteBuffer raw, int offset, int length);

    /**
     * An operation has ended, by its completion; also a part of it that failed ends it, once none of its requests is with
     * the device any more.
     *
     * @param cause null where all of it was done
     */
    void onOperationEnd(int slot, @Nullable TransportException cause);

    /** Once per poll in which anything of the above was told, or room or idleness came about; after it. */
    void onProgress();

    /**
     * It failed or the peer ended it: nothing more will come. Told once; the engine then calls {@link DataPath#close}.
     *
     * @param cause the first completion that is neither success nor flush: {@code ACCESS_DENIED} with {@code
     *     transport.rdma.access} where the peer's device refused it, else {@code PEER_DEAD}; while it is being connected,
     *     {@code CONNECT_FAILED} or {@code TIMED_OUT}
     */
    void onBroken(TransportException cause);

    /** The queue pair is destroyed: the device touches no memory for it any more, neither this side's nor by the peer's wish. */
    void onClosed();
}
