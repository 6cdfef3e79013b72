// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TestProcessTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** Says hello, then echoes its input, and ends with it. */
    static final class Echo {
        private Echo() {}

        public static void main(String[] args) throws Exception {
            System.out.println("hello " + String.join(",", args));
            System.err.println("in " + System.getenv("SLUICE_TEST"));
            System.exit(System.in.read() < 0 ? 3 : 4);
        }
    }

    @Test
    void shouldCollectWhatAProcessPrintsAndItsExitCode() throws Exception {
        try (TestProcess process = TestProcess.java(Echo.class.getName())
                .args("a", "b")
                .environment("SLUICE_TEST", "yes")
                .start()) {
            assertThat(process.awaitOut("hello (.*)", LIMIT).group(1)).isEqualTo("a,b");
            process.awaitErr("in yes", LIMIT);
            assertThat(process.isAlive()).isTrue();
            process.closeStdin();
            assertThat(process.awaitExit(LIMIT)).isEqualTo(3);
            assertThat(process.out()).isEqualTo("hello a,b\n");
        }
    }

    @Test
    void shouldFailWithWhatWasPrintedWhereALineDoesNotCome() throws Exception {
        try (TestProcess process = TestProcess.java(Echo.class.getName()).start()) {
            process.awaitOut("hello", LIMIT);
            assertThatThrownBy(() -> process.awaitOut("bye", Duration.ofMillis(50)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("no line with bye")
                    .hasMessageContaining("hello");
        }
    }

    @Test
    void shouldLeaveNothingRunning() throws Exception {
        TestProcess process = TestProcess.command("sh", "-c", "sleep 1000 & echo started; wait")
                .start();
        process.awaitOut("started", LIMIT);
        ProcessHandle child = process.descendants().get(0);
        process.close();
        assertThat(process.isAlive()).isFalse();
        child.onExit().get(LIMIT.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
        assertThat(child.isAlive()).isFalse();
    }
}
