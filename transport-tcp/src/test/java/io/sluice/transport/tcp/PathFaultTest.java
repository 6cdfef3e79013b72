// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.testkit.MemoryFabric;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.engine.EngineTransport;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What fails unexpectedly in one connection's way for data harms no other connection. */
@Timeout(60)
class PathFaultTest {
    private final MemoryFabric fabric = new MemoryFabric();
    /** What the next use of a path's memory throws. */
    private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();

    PathFaultTest() {}

    private Transport open(TransportContext context, boolean faulty) throws TransportException {
        TransportContext settings = context.secret(new byte[16])
                .rdma(RdmaSettings.of(Policy.PREFER))
                .conclude();
        DataPathProvider provider = fabric.provider(settings);
        return new EngineTransport(
                settings,
                TcpTransport.carrier(settings),
                faulty ? intercepting(DataPathProvider.class, provider) : provider,
                "");
    }

    private <T> T intercepting(Class<T> type, T real) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            Throwable thrown = method.getName().equals("sendBuffer") ? fault.getAndSet(null) : null;
            if (thrown != null) {
                throw thrown;
            }
            try {
                Object result = method.invoke(real, args);
                return result instanceof DataPath path ? intercepting(DataPath.class, path) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    private void shouldEndOneConnectionOnly(Throwable thrown, String code) throws Exception {
        try (Transport server = open(new TransportContext(), true);
                Transport client = open(new TransportContext(), false)) {
            InetSocketAddress address = server.listen(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), connection -> {})
                    .address();
            Connection bystander = client.connect(address).get(20, TimeUnit.SECONDS);
            fault.set(thrown);
            assertThatThrownBy(() -> client.connect(address).get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            TransportException.class, e -> assertThat(e.code()).isEqualTo(code));
            assertThat(bystander.offer(new UnsafeBuffer(new byte[1]), 0, 1)).isNotNegative();
            assertThat(client.connect(address).get(20, TimeUnit.SECONDS).path().isRdma())
                    .isTrue();
            assertThat(bystander.state()).isEqualTo(ConnectionState.ACTIVE);
        }
        assertThat(fabric.openEnds()).isZero();
    }

    @Test
    void shouldOutliveAFaultOfItsOwn() throws Exception {
        shouldEndOneConnectionOnly(new IllegalStateException("a fault"), "transport.internal");
    }

    @Test
    void shouldOutliveWantOfMemory() throws Exception {
        shouldEndOneConnectionOnly(new OutOfMemoryError("of a test"), "transport.connection.memory");
    }
}
