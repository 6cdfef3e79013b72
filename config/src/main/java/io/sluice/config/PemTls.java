// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS from files in PEM, for HTTP and mail, whose other side is told by its host. They are read once; errors are {@link
 * ConfigException}s that name the file.
 */
public final class PemTls {
    private static final long MAX_LENGTH = 1 << 20;
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]*)-----END \\1PRIVATE KEY-----");
    private static final char[] IN_MEMORY = "in memory only".toCharArray();

    private PemTls() {}

    /**
     * A side that believes some authorities and shows no certificate.
     *
     * @param authorities the certificates to one of which others' must lead, or null for those that the JVM believes
     */
    public static SSLContext believing(@Nullable Path authorities) {
        return context(null, authorities);
    }

    /**
     * A side with a certificate of its own.
     *
     * @param certificate its certificate, then those that lead to the authority's, if any
     * @param key its private key: PKCS#8, not encrypted, a file that only its owner may use
     * @param authorities as of {@link #believing}
     */
    public static SSLContext of(Path certificate, Path key, @Nullable Path authorities) {
        SecretFile.refuseOpenToOthers(key);
        List<X509Certificate> chain = certificates(certificate);
        X509Certificate own = chain.get(0);
        PrivateKey privateKey = privateKey(key, own.getPublicKey().getAlgorithm());
        try {
            own.checkValidity();
            checkPair(privateKey, own, certificate, key);
            KeyStore store = emptyStore();
            store.setKeyEntry("own", privateKey, IN_MEMORY, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, IN_MEMORY);
            return context(keys.getKeyManagers(), authorities);
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(certificate, String.valueOf(e.getMessage()));
        }
    }

    private static SSLContext context(KeyManager @Nullable [] keys, @Nullable Path authorities) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys, authorities == null ? null : trust(authorities), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new ConfigException("TLS can't be used: " + e.getMessage());
        }
    }

    private static TrustManager[] trust(Path authorities) throws IOException, GeneralSecurityException {
        KeyStore believed = emptyStore();
        for (X509Certificate authority : certificates(authorities)) {
            believed.setCertificateEntry("authority-" + believed.size(), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(believed);
        return trust.getTrustManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static byte[] read(Path file) {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw unusable(file, "has more than " + MAX_LENGTH + " bytes");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw unusable(file, "can't be read: " + e);
        }
    }

    private static List<X509Certificate> certificates(Path file) {
        try {
            List<X509Certificate> found =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(read(file)))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (!found.isEmpty()) {
                return found;
            }
        } catch (GeneralSecurityException e) {
            throw unusable(file, "expected certificates in PEM: " + e.getMessage());
        }
        throw unusable(file, "expected certificates in PEM, found none");
    }

    private static PrivateKey privateKey(Path file, String algorithm) {
        Matcher matcher = KEY.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
        if (!matcher.find() || !matcher.group(1).isEmpty()) {
            throw unusable(
                    file,
                    "expected an unencrypted PKCS#8 key in PEM (BEGIN PRIVATE KEY); make one of another kind of key: "
                            + "openssl pkcs8 -topk8 -nocrypt -in KEY -out " + file);
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(2));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw unusable(file, "is no " + algorithm + " key, as the certificate's is"); // without words of the key
        }
    }

    /** Whether what the key signs is what the certificate's key verifies. */
    private static void checkPair(PrivateKey key, X509Certificate certificate, Path certificateFile, Path keyFile)
            throws GeneralSecurityException {
        String algorithm = key.getAlgorithm();
        Signature signature = Signature.getInstance(
                switch (algorithm) {
                    case "EC" -> "SHA256withECDSA";
                    case "RSA" -> "SHA256withRSA";
                    default -> algorithm;
                });
        signature.initSign(key);
        byte[] proof = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        if (!signature.verify(proof)) {
            throw unusable(certificateFile, "does not belong together with the private key of " + keyFile);
        }
    }

    private static ConfigException unusable(Path file, String why) {
        return new ConfigException("file " + file + " for TLS: " + why);
    }
}
