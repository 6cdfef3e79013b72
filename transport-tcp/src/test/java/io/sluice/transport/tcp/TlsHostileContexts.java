// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.tcp.TestAuthority.Issued;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** What strangers' programs use, without the checks of ours. */
final class TlsHostileContexts {
    private static final char[] PASSWORD = "password".toCharArray();

    private TlsHostileContexts() {}

    private static Certificate certificate(Path pem) throws IOException, GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(pem)));
    }

    private static KeyStore keyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    static TrustManager[] believing(Path authority) throws IOException, GeneralSecurityException {
        KeyStore believed = keyStore();
        believed.setCertificateEntry("authority", certificate(authority));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(believed);
        return trust.getTrustManagers();
    }

    static SSLContext of(Issued files, Path authority) throws IOException {
        try {
            byte[] key =
                    Base64.getMimeDecoder().decode(Files.readString(files.key()).replaceAll("-----[A-Z ]*-----", ""));
            KeyStore own = keyStore();
            own.setKeyEntry(
                    "own",
                    KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)),
                    PASSWORD,
                    new Certificate[] {certificate(files.certificate())});
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own, PASSWORD);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys.getKeyManagers(), believing(authority), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** Passes one connection on, and keeps what it sees. */
    static final class Tap implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
        private final InetSocketAddress target;
        private final Thread acceptor = new Thread(this::accept, "tap");

        Tap(InetSocketAddress target) throws IOException {
            this.target = target;
            acceptor.start();
        }

        InetSocketAddress address() {
            return (InetSocketAddress) server.getLocalSocketAddress();
        }

        /** A character a byte. */
        String seen() {
            return seen.toString(StandardCharsets.ISO_8859_1);
        }

        private void accept() {
            try (Socket from = server.accept();
                    Socket to = new Socket(target.getAddress(), target.getPort())) {
                Thread back = new Thread(() -> pass(to, from), "tap-back");
                back.start();
                pass(from, to);
                back.join();
            } catch (IOException | InterruptedException e) {
                seen.writeBytes(e.toString().getBytes(StandardCharsets.ISO_8859_1));
            }
        }

        private void pass(Socket from, Socket to) {
            byte[] buffer = new byte[4096];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int count; (count = in.read(buffer)) >= 0; ) {
                    seen.write(buffer, 0, count);
                    out.write(buffer, 0, count);
                }
                to.shutdownOutput();
            } catch (IOException e) {
                seen.writeBytes(e.toString().getBytes(StandardCharsets.ISO_8859_1));
            }
        }

        @Override
        public void close() throws Exception {
            server.close();
            acceptor.join();
        }
    }
}
