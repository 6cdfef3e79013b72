// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvWC.IbvWcStatus;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.util.Locale;

/** Statuses of completions, as {@code ibv_wc_status} of infiniband/verbs.h numbers them. */
final class Status {
    static final int SUCCESS = 0;

    /** What was outstanding when the queue pair failed or was disconnected. */
    static final int FLUSHED = 5;

    private static final int REMOTE_ACCESS = 10;
    private static final int RETRIES_EXCEEDED = 12;
    private static final int NOT_READY = 13;
    private static final String PREFIX = "IBV_WC_";

    private Status() {}

    /** What a connection's first failed completion means. */
    static TransportException failure(int status) {
        if (status == REMOTE_ACCESS) {
            return new TransportException(
                    Kind.ACCESS_DENIED,
                    "transport.rdma.access",
                    "the peer's device refused an operation: its memory is not registered with that key, range and right");
        }
        String text = text(status);
        if (status == RETRIES_EXCEEDED) {
            text += ": the peer is gone, or its network drops packets";
        } else if (status == NOT_READY) {
            text += ": the peer posts no receives";
        }
        return new TransportException(Kind.PEER_DEAD, "transport.rdma.completion", "a request failed with " + text);
    }

    private static String text(int status) {
        IbvWcStatus[] all = IbvWcStatus.values();
        String name = status >= 0 && status < all.length ? all[status].name() : "an unknown status";
        String words = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        return "status " + status + " (" + words.toLowerCase(Locale.ROOT).replace('_', ' ') + ")";
    }
}
