// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a form on a page carries to show that it was on this server's page: an HMAC of the action under a key of this
 * process. A page of another origin can make a browser send a form here, with the password that it keeps, but can't read
 * this. Safe for concurrent use.
 */
public final class FormToken {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_LENGTH = 32;

    private final SecretKeySpec key;

    /** Tokens of a new key. */
    public FormToken(SecureRandom random) {
        byte[] bytes = new byte[KEY_LENGTH];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /** The token of an action. */
    public String of(String action) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(action.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("each JDK has it", e);
        }
    }

    /** Whether it is the action's, told in constant time. */
    public boolean matches(String action, String given) {
        return MessageDigest.isEqual(of(action).getBytes(UTF_8), given.getBytes(UTF_8));
    }
}
