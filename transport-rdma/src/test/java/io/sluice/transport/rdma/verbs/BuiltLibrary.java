// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The native library of this build, which the tests' JVM finds in its {@code java.library.path}. */
public final class BuiltLibrary {
    private BuiltLibrary() {}

    /** Skips a test where the library was not built, for the reason that the build named. */
    public static void assumeBuilt() throws IOException {
        Path directory = Path.of(System.getProperty("java.library.path"));
        Path reason = directory.resolve("missing");
        assumeTrue(!Files.exists(reason), () -> "no native library: see " + reason);
        assertThat(directory.resolve("libdisni.so")).exists();
    }

    /** Skips a test that wants a machine without RDMA. */
    public static void assumeNoDevice() {
        assumeTrue(!Files.exists(Path.of("/sys/class/infiniband_verbs")), "this machine's kernel has RDMA");
    }
}
