// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import java.io.IOException;

/** What a {@link Carrier} tells of a link, from {@link Carrier#poll} only. */
public interface LinkEvents {
    /** A dialled link is there. */
    void onConnected();

    /** A dialled link could not be had. */
    void onConnectFailed(IOException cause);

    /** There are bytes, the end, or an error to be read; repeated at each poll until they are read. */
    void onReadable();

    /** More can be sent; only where that was wanted. */
    void onWritable();
}
