// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.PayloadContract;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.EngineTransport;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;

/** The kernel's copy is the only one of a block's bytes on each side. */
@Timeout(60)
class TcpPayloadTest extends PayloadContract {
    private @Nullable CountingCarrier counts;
    private long writtenElsewhereBefore;

    TcpPayloadTest() throws TransportException {
        super(16 << 20, 1 << 20, 300);
    }

    @Override
    protected Transport openServer(TransportContext context) throws TransportException {
        CountingCarrier counting = new CountingCarrier(new TcpCarrier(context.nanoClock(), true), pool());
        counts = counting;
        return new EngineTransport(context, counting);
    }

    @Override
    protected Transport openClient(TransportContext context) throws TransportException {
        return TcpTransport.open(context);
    }

    @Override
    protected void checkWritten(int length) {
        CountingCarrier counted = Objects.requireNonNull(counts);
        // The first fragment's beginning comes with its header, before anybody knows where it belongs.
        assertThat(counted.readElsewhere).isLessThan(length / 100);
        assertThat(counted.readToSlabs).isGreaterThan(length / 100 * 99L);
        writtenElsewhereBefore = counted.writtenElsewhere;
    }

    @Override
    protected void checkRead(int length) {
        CountingCarrier counted = Objects.requireNonNull(counts);
        assertThat(counted.writtenFromSlabs).isEqualTo(length);
        assertThat(counted.writtenElsewhere - writtenElsewhereBefore).isLessThan(length / 1000);
    }
}
