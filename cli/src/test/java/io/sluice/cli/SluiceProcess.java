// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import io.sluice.testkit.process.TestProcess;
import java.time.Duration;

/** {@code sluice} commands as processes of their own, as the launcher starts them. */
public final class SluiceProcess {
    /** Longer than anything takes on a busy machine. */
    public static final Duration LIMIT = Duration.ofSeconds(90);

    /** For the JVMs that a command starts too: compiled code that is soon there does more for a test than fast code. */
    public static final String QUICK_START = "-XX:TieredStopAtLevel=1";

    private SluiceProcess() {}

    /** A command, to be started. */
    public static TestProcess.Builder of(String... args) {
        return TestProcess.java(
                        Main.class.getName(),
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=1t",
                        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                        "-Dlogback.configurationFile=logback.xml",
                        "-Dsluice.home=" + System.getProperty("sluice.root"))
                .args(args)
                .environment("JAVA_TOOL_OPTIONS", QUICK_START)
                .name("sluice " + args[0]);
    }
}
