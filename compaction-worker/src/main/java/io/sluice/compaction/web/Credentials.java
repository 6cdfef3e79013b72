// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** How a request carries a secret: programs as a bearer token, browsers as a password under any user's name. */
public final class Credentials {
    /** What asks a browser for the password. */
    public static final String CHALLENGE = "Basic realm=\"Sluice\", charset=\"UTF-8\"";

    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private Credentials() {}

    /** Whether it is a bearer token, which no page of another origin can make a browser send. */
    public static boolean isBearer(@Nullable String header) {
        return header != null && header.startsWith(BEARER);
    }

    /**
     * The secret, or null where there is none.
     *
     * @param header the request's {@code Authorization}, or null
     * @param isBrowser whether a password will do
     */
    public static @Nullable String secret(@Nullable String header, boolean isBrowser) {
        if (header != null && header.startsWith(BEARER)) {
            return header.substring(BEARER.length());
        }
        if (!isBrowser || header == null || !header.startsWith(BASIC)) {
            return null;
        }
        try {
            byte[] decoded = Base64.getDecoder().decode(header.substring(BASIC.length()));
            String userAndPassword = new String(decoded, StandardCharsets.UTF_8);
            return userAndPassword.substring(userAndPassword.indexOf(':') + 1);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }
}
