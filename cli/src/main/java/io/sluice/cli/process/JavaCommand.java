// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.process;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of JVMs like this one: the same Java, the same class path. */
public final class JavaCommand {
    private static final int FIRST_WITH_NATIVE_ACCESS_CHECK = 22;
    private static final int FIRST_WITH_UNSAFE_CHECK = 23;

    private JavaCommand() {}

    /**
     * The command line of a {@code sluice} command.
     *
     * @param heap the largest heap, as {@code -Xmx} takes it
     * @param moreClassPath put behind this JVM's class path, or empty
     */
    public static List<String> sluice(String heap, String moreClassPath, List<String> args) {
        return main("io.sluice.cli.Main", heap, List.of(), moreClassPath, args);
    }

    /** The command line of any main class; {@code flags} are the JVM's. */
    public static List<String> main(
            String mainClass, String heap, List<String> flags, String moreClassPath, List<String> args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + heap);
        command.add("-XX:+UseSerialGC");
        command.add("-Xshare:auto");
        // Pools of direct memory have bounds of their own.
        command.add("-XX:MaxDirectMemorySize=1t");
        // DiSNI, the RDMA library, needs it.
        command.add("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED");
        int version = Runtime.version().feature();
        if (version >= FIRST_WITH_NATIVE_ACCESS_CHECK) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        if (version >= FIRST_WITH_UNSAFE_CHECK) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        for (String property : List.of("sluice.home", "sluice.log")) {
            String value = System.getProperty(property);
            if (value != null) {
                command.add("-D" + property + "=" + value);
            }
        }
        command.addAll(flags);
        command.add("-cp");
        String classPath = System.getProperty("java.class.path");
        command.add(moreClassPath.isEmpty() ? classPath : classPath + File.pathSeparator + moreClassPath);
        command.add(mainClass);
        command.addAll(args);
        return command;
    }
}
