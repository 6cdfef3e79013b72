// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The native library's own test, src/test/c: a made-up device and JVM under the compiler's sanitizers. */
class NativeSanitizersTest {
    private static final long DEADLINE_S = 180;

    @Test
    void shouldRunCleanUnderTheSanitizers(@TempDir Path directory) throws Exception {
        BuiltLibrary.assumeBuilt();
        Path script = Path.of(System.getProperty("sluice.root"), "transport-rdma/src/test/c/run");
        Process process = new ProcessBuilder(script.toString(), directory.toString(), System.getProperty("java.home"))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        try {
            assertThat(process.waitFor(DEADLINE_S, TimeUnit.SECONDS))
                    .as("it ends")
                    .isTrue();
            String output = Files.readString(directory.resolve("output"), StandardCharsets.UTF_8);
            assertThat(process.exitValue()).as(output).isZero();
            assertThat(output.split("all well", -1)).as(output).hasSize(3);
        } finally {
            process.destroyForcibly();
        }
    }
}
