// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A side's certificate and key and the authorities that it believes, from files: for {@link TransportContext#tls}. They
 * are read once. Errors are {@link TransportException}s, {@code AUTHENTICATION}, that name the file.
 */
public final class TlsFiles {
    private static final long MAX_LENGTH = 1 << 20;
    /** A resumed session would not look at certificates again; zero would mean for ever. */
    private static final int SESSION_SECONDS = 1;

    private static final Pattern PEM_KEY =
            Pattern.compile("-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]*)-----END \\1PRIVATE KEY-----");
    private static final char[] IN_MEMORY = "in memory only".toCharArray();

    private final Path source;
    private final PrivateKey key;
    private final Certificate[] chain;
    private final Path authorities;

    private TlsFiles(Path source, PrivateKey key, Certificate[] chain, Path authorities) throws TransportException {
        this.source = source;
        this.key = key;
        this.chain = chain;
        this.authorities = authorities;
        try {
            certificate().checkValidity();
            checkPair();
        } catch (GeneralSecurityException e) {
            throw unusable(source, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Reads PEM files.
     *
     * @param certificate this side's, then those that lead to the authority's, if any
     * @param key its private key, PKCS#8 and not encrypted
     * @param authorities the certificates that peers' ones must lead to
     */
    public static TlsFiles pem(Path certificate, Path key, Path authorities) throws TransportException {
        Certificate[] chain = certificates(certificate).toArray(Certificate[]::new);
        return new TlsFiles(certificate, privateKey(key, chain[0].getPublicKey().getAlgorithm()), chain, authorities);
    }

    /**
     * Reads a PKCS#12 file.
     *
     * @param keyStore this side's key, with its certificate and those that lead to the authority's
     * @param password of the file and of the key
     * @param authorities as {@link #pem}: PEM
     */
    public static TlsFiles keyStore(Path keyStore, char[] password, Path authorities) throws TransportException {
        try (InputStream in = new ByteArrayInputStream(read(keyStore))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            for (String alias : Collections.list(store.aliases())) {
                Key found = store.getKey(alias, password);
                if (found instanceof PrivateKey key) {
                    return new TlsFiles(keyStore, key, store.getCertificateChain(alias), authorities);
                }
            }
        } catch (TransportException e) {
            throw e;
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(keyStore, "no PKCS#12 that opens with this password: " + e.getMessage(), e);
        }
        throw unusable(keyStore, "has no private key", null);
    }

    private static byte[] read(Path file) throws TransportException {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw unusable(file, "has more than " + MAX_LENGTH + " bytes", null);
            }
            return Files.readAllBytes(file);
        } catch (TransportException e) {
            throw e;
        } catch (IOException e) {
            throw unusable(file, "can't be read: " + e, e);
        }
    }

    private static List<X509Certificate> certificates(Path file) throws TransportException {
        List<X509Certificate> found;
        try {
            found =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(read(file)))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
        } catch (GeneralSecurityException e) {
            throw unusable(file, "expected certificates in PEM: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw unusable(file, "expected certificates in PEM, found none", null);
        }
        return found;
    }

    private static PrivateKey privateKey(Path file, String algorithm) throws TransportException {
        Matcher matcher = PEM_KEY.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
        if (!matcher.find() || !matcher.group(1).isEmpty()) {
            throw unusable(
                    file,
                    "expected an unencrypted PKCS#8 key in PEM (BEGIN PRIVATE KEY); make one of another kind of key: "
                            + "openssl pkcs8 -topk8 -nocrypt -in KEY -out " + file,
                    null);
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(2));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw unusable(file, "is no " + algorithm + " key, as the certificate's is", e);
        }
    }

    private static TransportException unusable(Path file, String why, @org.jspecify.annotations.Nullable Exception e) {
        return new TransportException(
                Kind.AUTHENTICATION, "transport.tls.file", "file " + file + " for TLS: " + why, e);
    }

    private X509Certificate certificate() {
        return (X509Certificate) chain[0];
    }

    /** Whether what the key signs is what the certificate's key verifies. */
    private void checkPair() throws GeneralSecurityException, TransportException {
        String algorithm = key.getAlgorithm();
        Signature signature = Signature.getInstance(
                switch (algorithm) {
                    case "EC" -> "SHA256withECDSA";
                    case "RSA" -> "SHA256withRSA";
                    default -> algorithm;
                });
        signature.initSign(key);
        byte[] proof = signature.sign();
        signature.initVerify(certificate().getPublicKey());
        if (!signature.verify(proof)) {
            throw unusable(source, "certificate and private key do not belong together", null);
        }
    }

    /** Refuses to be of a role and name that the certificate is not for, since every peer would. */
    public void checkNames(String role, String name) throws TransportException {
        if (!TlsNames.isFor(certificate(), role, name)) {
            throw unusable(
                    source,
                    "is for " + TlsNames.subject(certificate()) + ", this side is " + role + "/" + name
                            + ": expected OU=" + role + " and CN=" + name + ", or CN=*",
                    null);
        }
    }

    /** What {@link TransportContext#tls} takes. */
    public SSLContext context() throws TransportException {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("own", key, IN_MEMORY, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own, IN_MEMORY);
            KeyStore believed = KeyStore.getInstance("PKCS12");
            believed.load(null, null);
            for (X509Certificate authority : certificates(authorities)) {
                believed.setCertificateEntry("authority-" + believed.size(), authority);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(believed);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
            return context;
        } catch (TransportException e) {
            throw e;
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(source, "can't be used: " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "TlsFiles{certificate=" + source + ", subject=" + TlsNames.subject(certificate()) + "}";
    }
}
