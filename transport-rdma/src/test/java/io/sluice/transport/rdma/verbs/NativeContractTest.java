// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ibm.disni.util.NativeAffinity;
import com.ibm.disni.verbs.RdmaEventChannel;
import com.ibm.disni.verbs.impl.NativeDispatcher;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the native library promises where there is no device. */
class NativeContractTest {
    /** Their first number is no handle. */
    private static final Set<String> WITHOUT_HANDLE = Set.of("_ackCmEvent");

    @BeforeAll
    static void needLibrary() throws IOException {
        BuiltLibrary.assumeBuilt();
    }

    private static List<Method> nativeMethods(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isNative(method.getModifiers()))
                .toList();
    }

    static NativeDispatcher dispatcher() throws ReflectiveOperationException {
        var constructor = NativeDispatcher.class.getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
    }

    @Test
    void shouldHaveEveryMethodThatDisniDeclares() {
        assertThat(nativeMethods(NativeDispatcher.class)).hasSize(48);
        assertThat(nativeMethods(NativeAffinity.class)).hasSize(2);
    }

    @Test
    void shouldAgreeWithDisniOnVersionAndStructures() throws ReflectiveOperationException {
        NativeDispatcher dispatcher = dispatcher();
        assertThat(dispatcher._getVersion()).isEqualTo(32);
        assertThat(dispatcher._getSockAddrInSize()).isEqualTo(16);
        assertThat(dispatcher._getIbvRecvWRSize()).isEqualTo(32);
        assertThat(dispatcher._getIbvSendWRSize()).isEqualTo(128);
        assertThat(dispatcher._getIbvSgeSize()).isEqualTo(16);
        assertThat(dispatcher._getIbvWCSize()).isEqualTo(48);
        assertThat(dispatcher._getRemoteAddressOffset()).isEqualTo(40);
        assertThat(dispatcher._getRKeyOffset()).isEqualTo(48);
    }

    /** Each method, with handles that never were any: a pointer, zero, a negative number. */
    @TestFactory
    List<DynamicTest> shouldThrowForForeignHandles() throws ReflectiveOperationException {
        NativeDispatcher dispatcher = dispatcher();
        ByteBuffer memory = ByteBuffer.allocateDirect(256);
        long address = com.ibm.disni.util.MemoryUtils.getAddress(memory);
        List<DynamicTest> tests = new ArrayList<>();
        for (Method method : nativeMethods(NativeDispatcher.class)) {
            if (method.getParameterCount() == 0 || WITHOUT_HANDLE.contains(method.getName())) {
                continue;
            }
            tests.add(DynamicTest.dynamicTest(method.getName(), () -> {
                try {
                    for (long foreign : new long[] {address, 0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
                        assertThatThrownBy(() -> invoke(dispatcher, method, foreign, address))
                                .isInstanceOf(IOException.class)
                                .hasMessageContaining("alive: errno 9, stale handle")
                                .hasMessageContaining("0x" + Long.toHexString(foreign));
                    }
                } finally {
                    Reference.reachabilityFence(memory); // or its address is somebody else's by now
                }
            }));
        }
        assertThat(tests).hasSize(48 - 8 - 1 - 1); // structures and version, _ackCmEvent, _createEventChannel
        return tests;
    }

    /** Other arguments are such that only the handle is wrong. */
    private static void invoke(NativeDispatcher dispatcher, Method method, long handle, long address) throws Throwable {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        arguments[0] = handle;
        for (int i = 1; i < types.length; i++) {
            if (types[i] == long.class) {
                arguments[i] = address;
            } else if (types[i] == int.class) {
                arguments[i] = 2;
            } else if (types[i] == short.class) {
                arguments[i] = (short) 0x106;
            } else {
                arguments[i] = (byte) 0;
            }
        }
        try {
            method.invoke(dispatcher, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Test
    void shouldSayWhatIsMissingWhereThereIsNoDevice() {
        BuiltLibrary.assumeNoDevice();
        assertThatThrownBy(RdmaEventChannel::createEventChannel)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("can't create an event channel: errno 19, No such device")
                .hasMessageContaining("modprobe ib_uverbs rdma_ucm");
    }

    @Test
    void shouldRunAThreadOnTheNamedProcessorsOnly() throws InterruptedException {
        long[] seen = new long[2];
        Thread thread = new Thread(() -> {
            seen[0] = NativeAffinity.getAffinity();
            NativeAffinity.setAffinity(Long.lowestOneBit(seen[0]));
            seen[1] = NativeAffinity.getAffinity();
        });
        thread.start();
        thread.join();
        assertThat(seen[0]).isNotZero();
        assertThat(seen[1]).isEqualTo(Long.lowestOneBit(seen[0]));
    }

    @Test
    void shouldRefuseProcessorsThatAreNotThere() {
        assertThatThrownBy(() -> NativeAffinity.setAffinity(1L << 62))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("errno 22");
    }
}
