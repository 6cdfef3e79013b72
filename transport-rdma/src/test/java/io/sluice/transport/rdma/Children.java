// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Programs that ask for RDMA in a JVM of their own. */
public final class Children {
    private static final long DEADLINE_S = 180;

    private Children() {}

    /** Tells what {@link RdmaSupport#require()} says. */
    static final class Ask {
        private Ask() {}

        public static void main(String[] arguments) {
            System.out.println(reason());
        }

        private static @Nullable String reason() {
            try {
                RdmaSupport.require();
                return "RDMA is here";
            } catch (IOException e) {
                return e.getMessage();
            }
        }
    }

    /** Runs a class's main, with options, and words before the JVM's command; returns what it printed. */
    public static String run(Class<?> main, List<String> before, List<String> options) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Path output = Files.createTempFile("child", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(DEADLINE_S, TimeUnit.SECONDS)) {
                throw new AssertionError("it does not end: " + Files.readString(output));
            }
            return Files.readString(output);
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }
}
