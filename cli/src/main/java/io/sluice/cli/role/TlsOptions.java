// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.HostPort;
import io.sluice.config.PemTls;
import io.sluice.config.SecretFile;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.tcp.TestAuthority;
import io.sluice.transport.tcp.TestAuthority.Issued;
import io.sluice.transport.tcp.TlsFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a role encrypts what it sends, and proves who it is. */
public final class TlsOptions {
    private static final String CERTIFICATE = "--tls-certificate-file";
    private static final String KEY = "--tls-key-file";
    private static final String KEY_STORE = "--tls-keystore-file";
    private static final String PASSWORD = "--tls-keystore-password-file";
    private static final String AUTHORITY = "--tls-ca-file";

    @Option(
            names = CERTIFICATE,
            paramLabel = "FILE",
            description =
                    "This role's certificate for TLS, in PEM: its subject's OU is the role (generator, memnode, worker),"
                            + " its CN the role's name, or *. TLS is needed as soon as an address is not this machine's loopback.")
    private @Nullable Path certificateFile;

    @Option(
            names = KEY,
            paramLabel = "FILE",
            description = "The certificate's private key: PKCS#8 in PEM, not encrypted, a file of mode 0600.")
    private @Nullable Path keyFile;

    @Option(
            names = KEY_STORE,
            paramLabel = "FILE",
            description = "Certificate and key in one PKCS#12 file of mode 0600 instead.")
    private @Nullable Path keyStoreFile;

    @Option(names = PASSWORD, paramLabel = "FILE", description = "Its password: a file of mode 0600.")
    private @Nullable Path keyStorePasswordFile;

    @Option(
            names = AUTHORITY,
            paramLabel = "FILE",
            description = "The authorities, in PEM, to one of which each peer's certificate must lead.")
    private @Nullable Path authorityFile;

    @Option(
            names = "--plaintext",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "Do without TLS off loopback: everyone on the network can then read and change what is sent;"
                    + " ${DEFAULT-VALUE}.")
    private boolean plaintext;

    /** None given. */
    public TlsOptions() {}

    /** The flags of a role for a certificate that is made for it. */
    public static List<String> flags(TestAuthority authority, String role, String name)
            throws IOException, InterruptedException {
        return flags(authority, role, name, List.of());
    }

    /**
     * The flags of a role for a certificate that is made for it, and for hosts.
     *
     * @param hosts where it is reached over HTTPS; none where it is not
     */
    static List<String> flags(TestAuthority authority, String role, String name, List<String> hosts)
            throws IOException, InterruptedException {
        Issued issued = authority.issueFor(List.of(role), name, hosts);
        return List.of(
                CERTIFICATE,
                issued.certificate().toString(),
                KEY,
                issued.key().toString(),
                AUTHORITY,
                authority.certificate().toString());
    }

    /**
     * Gives a transport its TLS, or the leave to go without.
     *
     * @param addresses all that the role listens on or dials
     */
    void apply(CommandSpec command, TransportContext context, List<HostPort> addresses)
            throws CommandFailure, TransportException {
        context.plaintext(plaintext);
        TlsFiles files = files(command);
        if (files != null) {
            files.checkNames(context.role(), context.name());
            context.tls(files.context());
        }
        for (HostPort address : addresses) {
            if (files == null && !plaintext && !address.isLoopback()) {
                throw ConfigDefaults.error(
                        command,
                        CERTIFICATE,
                        "missing: " + address
                                + " is not this machine's loopback, so TLS is needed: ./sluice certs makes"
                                + " certificates for a trial; or --plaintext on a network where you trust everyone");
            }
        }
    }

    /** Whether the role may do without TLS off loopback. */
    boolean plaintext() {
        return plaintext;
    }

    /**
     * The same files for HTTPS, or null where there are none.
     *
     * @param needsAuthority whether others must show a certificate too
     */
    @Nullable
    SSLContext https(CommandSpec command, boolean needsAuthority) throws CommandFailure {
        if (keyStoreFile != null) {
            throw ConfigDefaults.error(
                    command, KEY_STORE, "not for --http: give " + CERTIFICATE + " and " + KEY + " instead");
        }
        if (needsAuthority) {
            Path unused = needed(command, AUTHORITY, authorityFile);
        }
        if (certificateFile == null && keyFile == null) {
            return null;
        }
        return PemTls.of(needed(command, CERTIFICATE, certificateFile), needed(command, KEY, keyFile), authorityFile);
    }

    private @Nullable TlsFiles files(CommandSpec command) throws CommandFailure, TransportException {
        if (certificateFile == null && keyFile == null && keyStoreFile == null && authorityFile == null) {
            return null;
        }
        Path authority = needed(command, AUTHORITY, authorityFile);
        if (keyStoreFile != null) {
            if (certificateFile != null || keyFile != null) {
                throw ConfigDefaults.error(command, KEY_STORE, "instead of " + CERTIFICATE + " and " + KEY);
            }
            SecretFile.refuseOpenToOthers(keyStoreFile);
            byte[] password = SecretFile.readPassword(needed(command, PASSWORD, keyStorePasswordFile));
            return TlsFiles.keyStore(
                    keyStoreFile, new String(password, StandardCharsets.UTF_8).toCharArray(), authority);
        }
        Path certificate = needed(command, CERTIFICATE, certificateFile);
        Path key = needed(command, KEY, keyFile);
        SecretFile.refuseOpenToOthers(key);
        return TlsFiles.pem(certificate, key, authority);
    }

    private static Path needed(CommandSpec command, String option, @Nullable Path file) {
        if (file == null) {
            throw ConfigDefaults.error(command, option, "missing: TLS needs it beside the others that are given");
        }
        return file;
    }
}
