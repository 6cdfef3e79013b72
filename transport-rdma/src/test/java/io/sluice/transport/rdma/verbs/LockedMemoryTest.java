// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvPd;
import com.ibm.disni.verbs.RdmaEventChannel;
import io.sluice.transport.rdma.Children;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Registered memory is locked memory, and a process may lock so much of it, unless it is root's. */
@Tag("soft-roce")
class LockedMemoryTest {
    private static final int LENGTH = 8 << 20;

    /** Registers more than its limit, and tells what came of it. */
    static final class Register {
        private Register() {}

        public static void main(String[] arguments) throws IOException {
            RdmaEventChannel events = RdmaEventChannel.createEventChannel();
            IbvPd domain = VerbsEnd.resolve(events, new InetSocketAddress(VerbsPair.HOST, 1))
                    .getVerbs()
                    .allocPd();
            try {
                domain.regMr(ByteBuffer.allocateDirect(LENGTH), IbvMr.IBV_ACCESS_LOCAL_WRITE)
                        .execute();
                System.out.println("registered");
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static String register(List<String> before) throws Exception {
        return Children.run(
                Register.class,
                before,
                List.of(
                        "--add-exports",
                        "java.base/sun.nio.ch=ALL-UNNAMED",
                        "-Djava.library.path=" + System.getProperty("java.library.path")));
    }

    @Test
    void shouldNameTheLimitThatRegistrationMet() throws Exception {
        String message = register(List.of("prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set=-ipc_lock"));
        assertThat(message)
                .contains("can't register 8388608 bytes of memory")
                .contains("errno 12, Cannot allocate memory")
                .contains("may lock 65536 bytes of memory (RLIMIT_MEMLOCK)")
                .contains("ulimit -l");
    }

    @Test
    void shouldRegisterAsMuchWhereThereIsNoLimit() throws Exception {
        assertThat(register(List.of())).contains("registered");
    }
}
