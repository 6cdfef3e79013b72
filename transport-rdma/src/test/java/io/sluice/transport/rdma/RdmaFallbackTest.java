// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a program that lacks the native library, or may not lock as much memory as it wants to register. */
@Tag("T2")
@Timeout(400)
class RdmaFallbackTest {
    private static final int POOL = 8 << 20;

    /** Opens a transport with the policy that is a system property, connects twice, and tells what came of it. */
    static final class Connect {
        private Connect() {}

        public static void main(String[] arguments) throws Exception {
            try (RegionPool pool = new RegionPool(1 << 20, POOL);
                    Transport both = RdmaTransport.open(new TransportContext()
                            .secret(new byte[16])
                            .regionPool(pool)
                            .connectTimeout(Duration.ofSeconds(50))
                            .rdma(RdmaFixture.settings(Policy.valueOf(System.getProperty("policy")))))) {
                Listener listener =
                        both.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), connection -> {});
                for (int i = 0; i < 2; i++) {
                    Connection connection = both.connect(listener.address()).get(60, TimeUnit.SECONDS);
                    System.out.println("path " + connection.path());
                }
            } catch (TransportException e) {
                System.out.println("refused " + e.kind() + " " + e.code() + " " + e.getMessage());
            }
        }
    }

    private static String connect(Policy policy, List<String> before, String option) throws Exception {
        return Children.run(
                Connect.class,
                before,
                List.of("--add-exports", "java.base/sun.nio.ch=ALL-UNNAMED", "-Dpolicy=" + policy, option));
    }

    private static String connectWithLittleMemory(Policy policy) throws Exception {
        return connect(
                policy,
                List.of("prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set=-ipc_lock"),
                "-Djava.library.path=" + System.getProperty("java.library.path"));
    }

    /** With something that is no library first on the class path. */
    private static String connectWithoutLibrary(Policy policy, Path directory) throws Exception {
        Path packed = directory.resolve("META-INF/native/linux-x86-64/libdisni.so");
        Files.createDirectories(packed.getParent());
        Files.writeString(packed, "no library at all");
        return connect(policy, List.of(), "-Xbootclasspath/a:" + directory);
    }

    private static void shouldBeOnTcp(String told, Consumer<String> reason) {
        List<String> paths = lines(told, "path ");
        assertThat(paths).as(told).hasSize(2).allMatch(path -> path.startsWith("path tcp ("));
        assertThat(paths).allSatisfy(reason::accept);
        assertThat(lines(told, "no RDMA with")).as(told).hasSize(1).allSatisfy(reason::accept);
    }

    private static List<String> lines(String text, String part) {
        return text.lines().filter(line -> line.contains(part)).toList();
    }

    private static void shouldTellAll(String line) {
        assertThat(line)
                .contains("can't register the region pool")
                .contains("can't register " + POOL + " bytes of memory")
                .contains("errno 12, Cannot allocate memory")
                .contains("may lock 65536 bytes of memory (RLIMIT_MEMLOCK)")
                .contains("ulimit -l");
    }

    @Test
    @Tag("soft-roce")
    void shouldStayOnTcpWhereItMayNotRegisterItsMemoryAndSayWhyOnce() throws Exception {
        shouldBeOnTcp(connectWithLittleMemory(Policy.PREFER), RdmaFallbackTest::shouldTellAll);
    }

    @Test
    @Tag("soft-roce")
    void shouldNotOpenWhereItMayNotRegisterItsMemoryAndMust() throws Exception {
        String told = connectWithLittleMemory(Policy.REQUIRE);
        List<String> refused = lines(told, "refused ");
        assertThat(refused).as(told).hasSize(1);
        assertThat(refused.get(0)).startsWith("refused RESOURCES transport.rdma.registration ");
        shouldTellAll(refused.get(0));
    }

    @Test
    void shouldStayOnTcpWithoutTheNativeLibraryAndSayWhyOnce(@TempDir Path directory) throws Exception {
        shouldBeOnTcp(
                connectWithoutLibrary(Policy.PREFER, directory),
                line -> assertThat(line).contains("the native library can't be loaded", "[transport.rdma.library]"));
    }

    @Test
    void shouldNotOpenWithoutTheNativeLibraryThatIsRequired(@TempDir Path directory) throws Exception {
        assertThat(lines(connectWithoutLibrary(Policy.REQUIRE, directory), "refused "))
                .singleElement()
                .asString()
                .startsWith("refused RESOURCES transport.rdma.library ");
    }
}
