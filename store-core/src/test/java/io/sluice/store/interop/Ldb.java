// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** RocksDB's tools, as Debian has them, on a store. */
final class Ldb {
    private static final Path LDB = Path.of("/usr/bin/ldb");
    private static final long SECONDS = 60;

    private final Path store;
    /** What follows the command each time. */
    private final List<String> flags;

    Ldb(Path store, List<String> flags) {
        this.store = store;
        this.flags = flags;
    }

    static boolean isInstalled() {
        return Files.isExecutable(LDB);
    }

    static String hex(String text) {
        return "0x" + HexFormat.of().withUpperCase().formatHex(Draw.bytes(text));
    }

    /** Runs a command on a column family; throws where it fails. */
    String run(String family, String... command) throws IOException, InterruptedException {
        return feed(family, "", command);
    }

    /** As {@link #run}, with something to read. */
    String feed(String family, String input, String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ldb", "--db=" + store, "--hex", "--column_family=" + family));
        Collections.addAll(line, command);
        line.addAll(flags);
        return process(line, input);
    }

    /** Makes a column family; the flags are refused here. */
    void createFamily(String name) throws IOException, InterruptedException {
        process(List.of("ldb", "--db=" + store, "create_column_family", name), "");
    }

    /** What a scan finds, in its order. */
    List<Map.Entry<String, String>> scan(String family) throws IOException, InterruptedException {
        List<Map.Entry<String, String>> found = new ArrayList<>();
        for (String line : run(family, "scan").lines().toList()) {
            String[] entry = line.split(" : ", 2);
            assertThat(entry).as("a line of ldb scan: %s", line).hasSize(2);
            found.add(Map.entry(text(entry[0]), text(entry[1])));
        }
        return found;
    }

    /** Checks the manifest against the files, and each block of each table. */
    void verify() throws IOException, InterruptedException {
        assertThat(process(List.of("ldb", "--db=" + store, "checkconsistency"), ""))
                .contains("OK");
        String verified = process(List.of("sst_dump", "--command=verify", "--file=" + store), "");
        assertThat(verified).doesNotContainIgnoringCase("corrupt").doesNotContainIgnoringCase("not ok");
    }

    /**
     * Lines of {@code idump}: one for each internal entry. Without the OPTIONS file, since it stops at the end of a prefix
     * where that names an extractor.
     */
    long internalEntries(String family) throws IOException, InterruptedException {
        return run(family, "idump", "--try_load_options=false")
                .lines()
                .filter(line -> line.contains(" => "))
                .count();
    }

    private static String text(String hex) {
        assertThat(hex).startsWith("0x");
        return Draw.string(HexFormat.of().parseHex(hex.substring(2)));
    }

    private static String process(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(ISO_8859_1));
        }
        String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
        assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        String shown = output.length() > 2000 ? output.substring(0, 2000) : output;
        assertThat(process.exitValue())
                .as("%s: %s", command.subList(0, Math.min(8, command.size())), shown)
                .isZero();
        assertThat(shown).doesNotContain("Failed:");
        return output;
    }
}
