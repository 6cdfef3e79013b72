// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Whose a certificate is, by its subject: one of its organizational units (OU) has to be the role, and its common name
 * (CN) the name, or {@code *} for every name of that role. Hosts don't matter: roles move, and their names don't.
 */
final class TlsNames {
    private static final String ANY = "*";

    private TlsNames() {}

    /** Refuses a peer whose certificate is not for its role and name. */
    static void check(SSLSession session, String role, String name, InetSocketAddress peer) throws TransportException {
        Certificate certificate;
        try {
            certificate = session.getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            throw new TransportException(
                    Kind.AUTHENTICATION, "transport.tls.identity", peer + " has shown no certificate", e);
        }
        if (!(certificate instanceof X509Certificate x509) || !isFor(x509, role, name)) {
            throw new TransportException(
                    Kind.AUTHENTICATION,
                    "transport.tls.identity",
                    peer + " says that it is " + role + "/" + name + ", and its certificate is for "
                            + subject(certificate) + ": expected OU=" + role + " and CN=" + name);
        }
    }

    static String subject(Certificate certificate) {
        return certificate instanceof X509Certificate x509
                ? x509.getSubjectX500Principal().getName()
                : certificate.getType();
    }

    /** Whether a certificate is for a role of a name. */
    static boolean isFor(X509Certificate certificate, String role, String name) {
        boolean isRole = false;
        boolean isName = false;
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName());
            for (Rdn part : subject.getRdns()) {
                isRole |= has(part, "OU", role);
                isName |= has(part, "CN", name) || has(part, "CN", ANY);
            }
        } catch (NamingException e) {
            return false;
        }
        return isRole && isName;
    }

    private static boolean has(Rdn part, String type, String wanted) throws NamingException {
        Attribute values = part.toAttributes().get(type);
        if (values == null) {
            return false;
        }
        NamingEnumeration<?> all = values.getAll();
        while (all.hasMore()) {
            if (wanted.equals(all.next())) {
                return true;
            }
        }
        return false;
    }

    /** The subject of a certificate for roles of a name, within a cluster. */
    static LdapName of(List<String> roles, String name, String cluster) {
        StringBuilder subject = new StringBuilder("CN=").append(Rdn.escapeValue(name));
        roles.forEach(role -> subject.append(",OU=").append(Rdn.escapeValue(role)));
        try {
            return new LdapName(
                    subject.append(",O=").append(Rdn.escapeValue(cluster)).toString());
        } catch (InvalidNameException e) {
            throw new IllegalArgumentException(subject + " is no name for a certificate", e);
        }
    }
}
