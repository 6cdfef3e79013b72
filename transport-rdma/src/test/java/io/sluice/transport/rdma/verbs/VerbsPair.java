// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaEventChannel;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Two connected ends in one process, over the guest's device. */
final class VerbsPair implements AutoCloseable {
    /** The guest's own address; see native-notes/soft-roce/init. */
    static final String HOST = "10.9.0.1";

    final RdmaEventChannel serverEvents = RdmaEventChannel.createEventChannel();
    final RdmaEventChannel clientEvents = RdmaEventChannel.createEventChannel();
    final VerbsEnd server;
    final VerbsEnd client;

    VerbsPair(int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(HOST, port);
        RdmaCmId listener = VerbsEnd.listen(serverEvents, address);
        client = VerbsEnd.of(clientEvents, VerbsEnd.resolve(clientEvents, address));
        client.id.connect(VerbsEnd.retries());
        RdmaCmId accepted =
                VerbsEnd.await(serverEvents, VerbsEnd.CONNECT_REQUEST).getConnIdPriv();
        server = VerbsEnd.of(serverEvents, accepted);
        accepted.accept(VerbsEnd.retries());
        // In this order: the dialler answers, for the other to be told, in taking its event.
        client.awaitEstablished();
        server.awaitEstablished();
        listener.destroyId();
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
        clientEvents.destroyEventChannel();
        serverEvents.destroyEventChannel();
    }
}
