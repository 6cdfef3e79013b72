// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The proof that a side knows the shared secret: HMAC-SHA256 over a label that names the side, then the data of HELLO and
 * of CHALLENGE, each after its length as four little-endian bytes. Those hold both nonces, epochs, roles, names, cluster
 * ids, versions and limits: none can be replayed, reflected or changed on the way. The dialler proves first, so that a
 * stranger gets nothing from a listener to guess secrets against.
 */
public final class Challenge {
    /** Bytes of a proof. */
    public static final int PROOF_LENGTH = 32;

    private static final String DIALLER = "sluice-transport dialler";
    private static final String LISTENER = "sluice-transport listener";
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /** Keeps a copy of the secret. */
    public Challenge(byte[] secret) {
        key = new SecretKeySpec(secret, ALGORITHM);
    }

    /** What the side that dialled has to send. */
    public byte[] diallerProof(byte[] hello, byte[] challenge) {
        return proof(DIALLER, hello, challenge);
    }

    /** What the side that listened has to send. */
    public byte[] listenerProof(byte[] hello, byte[] challenge) {
        return proof(LISTENER, hello, challenge);
    }

    /** Whether both are equal, in a time that does not depend on where they differ. */
    public static boolean matches(byte[] expected, byte[] found) {
        return MessageDigest.isEqual(expected, found);
    }

    private byte[] proof(String label, byte[] hello, byte[] challenge) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(label.getBytes(StandardCharsets.US_ASCII));
            update(mac, hello);
            update(mac, challenge);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private static void update(Mac mac, byte[] part) {
        for (int i = 0; i < Integer.BYTES; i++) {
            mac.update((byte) (part.length >>> (8 * i)));
        }
        mac.update(part);
    }

    @Override
    public String toString() {
        return "Challenge{secret=<redacted>}";
    }
}
