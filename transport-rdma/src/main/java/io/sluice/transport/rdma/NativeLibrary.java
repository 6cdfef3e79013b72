// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The native library as it is packed with these classes. */
final class NativeLibrary {
    private static final String DIRECTORY = "/META-INF/native/";
    private static final String FILE = System.mapLibraryName("disni");

    private NativeLibrary() {}

    /** This machine, as the directory of its library is called: {@code linux-x86-64}. */
    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch");
        return system + "-" + (processor.equals("amd64") ? "x86-64" : processor);
    }

    /**
     * Writes the library to a file of its own, which only this user can change. The caller deletes it and its directory.
     *
     * @throws IOException where there is none for this machine; the message says why, and what to do
     */
    static Path extract() throws IOException {
        String directory = DIRECTORY + platform() + "/";
        URL library = NativeLibrary.class.getResource(directory + FILE);
        if (library == null) {
            throw new IOException(whyMissing(NativeLibrary.class.getResource(directory + "missing")));
        }
        Path target = Files.createTempDirectory("sluice-rdma-");
        try (InputStream bytes = library.openStream()) {
            Path file = target.resolve(FILE);
            Files.copy(bytes, file);
            return file;
        } catch (IOException e) {
            Files.deleteIfExists(target);
            throw e;
        }
    }

    private static String whyMissing(@Nullable URL reason) throws IOException {
        if (reason == null) {
            return "no native library for " + platform() + " is packed with transport-rdma: RDMA needs linux-x86-64";
        }
        try (InputStream bytes = reason.openStream()) {
            String words = new String(bytes.readAllBytes(), StandardCharsets.UTF_8).strip();
            return "no native library is packed with transport-rdma: when it was built, " + words;
        }
    }
}
