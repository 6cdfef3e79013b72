// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.util.MemoryAllocation;
import com.ibm.disni.verbs.RdmaEventChannel;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Touches each thing once that RDMA needs: the JVM's option, the native library, a device. */
public final class Probe implements Callable<@Nullable Void> {
    private static final int ANY_LENGTH = 64;

    @Override
    public @Nullable Void call() throws IOException {
        MemoryAllocation.getInstance().allocate(ANY_LENGTH).free();
        RdmaEventChannel.createEventChannel().destroyEventChannel();
        return null;
    }
}
