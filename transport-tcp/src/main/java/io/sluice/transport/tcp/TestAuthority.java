// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An authority for tests and trials, made with the JDK's keytool: it signs keys that it makes itself. Its own key lies in
 * its directory, under a password that lies beside it; whoever reads that directory can make certificates. Not safe for
 * concurrent use, by processes neither.
 */
public final class TestAuthority {
    private static final String AUTHORITY = "ca";
    private static final String DAYS = "825";
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final Keytool keytool;
    private final Path directory;
    private final String cluster;
    private final String password;

    /** Runs the JDK's keytool. */
    @FunctionalInterface
    public interface Keytool {
        /**
         * Runs it to its end.
         *
         * @throws IOException where it can't be run, or fails; with what it said
         */
        void run(List<String> arguments) throws IOException, InterruptedException;
    }

    /**
     * Files of an issued certificate.
     *
     * @param certificate PEM
     * @param key PKCS#8 in PEM, for its owner only
     */
    public record Issued(Path certificate, Path key) {}

    private TestAuthority(Keytool keytool, Path directory, String cluster, String password) {
        this.keytool = keytool;
        this.directory = directory;
        this.cluster = cluster;
        this.password = password;
    }

    /** Opens the authority of a directory, which is made where it is missing. */
    public static TestAuthority open(Path directory, String cluster, Keytool keytool)
            throws IOException, InterruptedException {
        Files.createDirectories(directory, ownerOnly(directory, "rwx------"));
        Path passwordFile = passwordFile(directory);
        boolean exists = Files.exists(passwordFile);
        if (!exists) {
            byte[] random = new byte[16];
            new SecureRandom().nextBytes(random);
            write(passwordFile, HexFormat.of().formatHex(random), true);
        }
        TestAuthority authority = new TestAuthority(
                keytool, directory, cluster, Files.readString(passwordFile).strip());
        if (!exists) {
            authority.generate(
                    AUTHORITY, "CN=" + cluster + " test authority", "-ext", "bc:c=ca:true", "-ext", "ku:c=keyCertSign");
            authority.writeCertificate(AUTHORITY, authority.certificate());
        }
        return authority;
    }

    /** The authority's certificate: PEM. */
    public Path certificate() {
        return directory.resolve(AUTHORITY + ".pem");
    }

    /** Makes a key and a certificate for a name in one or more roles; {@code *} stands for every name. */
    public Issued issue(List<String> roles, String name) throws IOException, InterruptedException {
        return issueFor(roles, name, List.of());
    }

    /**
     * As {@link #issue(List, String)}, also for HTTPS, where a side is told by its host.
     *
     * @param hosts names and addresses of the machine, or of a proxy before it
     */
    public Issued issueFor(List<String> roles, String name, List<String> hosts)
            throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("-validity", DAYS));
        if (!hosts.isEmpty()) {
            String names = hosts.stream()
                    .map(host -> (ADDRESS.matcher(host).matches() ? "ip:" : "dns:") + host)
                    .collect(Collectors.joining(","));
            options.addAll(List.of("-ext", "san=" + names));
        }
        return issue(roles, name, options.toArray(String[]::new));
    }

    Issued issue(List<String> roles, String name, String... given) throws IOException, InterruptedException {
        // Keytool's aliases have no case.
        String alias = (String.join("-", roles) + "-" + (name.equals("*") ? "any" : name)).toLowerCase(Locale.ROOT);
        if (!alias.matches("[a-z0-9._-]+")) {
            throw new IllegalArgumentException(
                    roles + "/" + name + ": expected letters, digits, dots, dashes, underlines");
        }
        Path certificate = directory.resolve(alias + ".pem");
        if (Files.exists(certificate)) {
            throw new IOException(certificate + " is there already");
        }
        List<String> options = new ArrayList<>(Arrays.asList(given));
        options.addAll(List.of("-signer", AUTHORITY, "-ext", "eku=serverAuth,clientAuth"));
        generate(alias, TlsNames.of(roles, name, cluster).toString(), options.toArray(String[]::new));
        Path key = directory.resolve(alias + ".key");
        write(key, pem("PRIVATE KEY", encodedKey(alias)), true);
        writeCertificate(alias, certificate);
        return new Issued(certificate, key);
    }

    private static Path passwordFile(Path directory) {
        return directory.resolve(AUTHORITY + ".password");
    }

    private Path keyStore() {
        return directory.resolve(AUTHORITY + ".p12");
    }

    private void generate(String alias, String subject, String... options) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                subject,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-keystore",
                keyStore().toString(),
                "-storetype",
                "PKCS12",
                "-storepass:file",
                passwordFile(directory).toString()));
        if (alias.equals(AUTHORITY)) {
            arguments.addAll(List.of("-validity", DAYS));
        }
        arguments.addAll(Arrays.asList(options));
        keytool.run(arguments);
    }

    private KeyStore load() throws IOException, GeneralSecurityException {
        return KeyStore.getInstance(keyStore().toFile(), password.toCharArray());
    }

    private byte[] encodedKey(String alias) throws IOException {
        try {
            Key key = load().getKey(alias, password.toCharArray());
            return Objects.requireNonNull(key).getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IOException(keyStore() + " can't be read", e);
        }
    }

    private void writeCertificate(String alias, Path file) throws IOException {
        try {
            Certificate certificate = load().getCertificate(alias);
            write(file, pem("CERTIFICATE", certificate.getEncoded()), false);
        } catch (GeneralSecurityException e) {
            throw new IOException(keyStore() + " can't be read", e);
        }
    }

    private static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n" + PEM.encodeToString(encoded) + "\n-----END " + what + "-----\n";
    }

    private static void write(Path file, String text, boolean secret) throws IOException {
        Files.createFile(file, ownerOnly(file, secret ? "rw-------" : "rw-r--r--"));
        Files.writeString(file, text, StandardOpenOption.WRITE);
    }

    private static FileAttribute<?>[] ownerOnly(Path file, String permissions) {
        Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(permissions);
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(wanted)} : new FileAttribute<?>[0];
    }
}
