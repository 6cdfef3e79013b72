// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.process.KeytoolCommand;
import io.sluice.transport.tcp.TestAuthority;
import io.sluice.transport.tcp.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;

/** A certificate that both sides of a run show, of an authority that was made for it. */
final class Certificates {
    private static final String CERTIFICATE = "certificate";
    private static final String KEY = "key";
    private static final String AUTHORITY = "authority";

    private Certificates() {}

    /** Makes them in a directory, which goes with the run. */
    static Path make(Path directory) throws IOException, InterruptedException {
        TestAuthority authority = TestAuthority.open(directory, "sluice bench", KeytoolCommand::run);
        TestAuthority.Issued issued = authority.issue(List.of("client"), "*");
        Files.move(issued.certificate(), directory.resolve(CERTIFICATE));
        Files.move(issued.key(), directory.resolve(KEY));
        Files.move(authority.certificate(), directory.resolve(AUTHORITY));
        return directory;
    }

    /** What a side uses. */
    static SSLContext context(Load load) throws IOException {
        Path directory = Objects.requireNonNull(load.certificates, "--certificates");
        return TlsFiles.pem(directory.resolve(CERTIFICATE), directory.resolve(KEY), directory.resolve(AUTHORITY))
                .context();
    }
}
