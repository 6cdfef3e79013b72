// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.PayloadContract;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.EngineTransport;
import io.sluice.transport.tcp.TcpTransport;
import io.sluice.transport.wire.FrameFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** The device moves blocks from slab to slab; a message is copied once, to where the device takes it from. */
@Tag("soft-roce")
@Timeout(300)
class RdmaPayloadTest extends PayloadContract {
    private @Nullable CountingProvider counts;

    RdmaPayloadTest() throws TransportException {
        super(8 << 20, 64 << 10, 400);
    }

    @Override
    protected Transport openServer(TransportContext context) throws TransportException {
        return RdmaTransport.open(context.rdma(RdmaFixture.settings(Policy.REQUIRE)));
    }

    @Override
    protected Transport openClient(TransportContext context) throws TransportException {
        TransportContext concluded =
                context.rdma(RdmaFixture.settings(Policy.REQUIRE)).conclude();
        CountingProvider counting = new CountingProvider(RdmaSupport.open(concluded));
        counts = counting;
        return new EngineTransport(concluded, TcpTransport.carrier(concluded), counting, "");
    }

    @Override
    protected void checkWritten(int length) {
        assertThat(Objects.requireNonNull(counts).writtenFromSlabs).isEqualTo(length);
    }

    @Override
    protected void checkRead(int length) {
        CountingProvider counted = Objects.requireNonNull(counts);
        assertThat(counted.readToSlabs).isEqualTo(length);
        assertThat(counted.copiedToRing).as("on the way of messages").isZero();
    }

    @Override
    protected void checkMessages(int count, int length) {
        assertThat(Objects.requireNonNull(counts).copiedToRing)
                .isEqualTo(count * (long) (FrameFormat.HEADER_LENGTH + length));
    }
}
