// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.web.Credentials;
import io.sluice.store.base.StoreException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask: whoever has the secret. Where there is none the worker is on loopback, and then a browser on the same
 * machine must not be led to it under another name (DNS rebinding): the host asked for has to be an address, or
 * localhost.
 */
final class Access {
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[?[0-9a-f:.]*:[0-9a-f:.]*]?");

    private final byte @Nullable [] secret;

    Access(@Nullable String secret) {
        this.secret = secret == null ? null : secret.getBytes(StandardCharsets.UTF_8);
    }

    /** Lets programs in. */
    void check(Request request) throws StoreException {
        check(request, false);
    }

    /** Lets browsers in too, which send a password: the secret, under any user's name. */
    void checkPage(Request request) throws StoreException {
        check(request, true);
    }

    private void check(Request request, boolean isPage) throws StoreException {
        byte[] expected = secret;
        if (expected == null) {
            String host = String.valueOf(Request.getServerName(request)).toLowerCase(Locale.ROOT);
            if (!host.equals("localhost") && !ADDRESS.matcher(host).matches()) {
                throw WorkerErrors.request("this worker has no secret and answers under its address only");
            }
            return;
        }
        String shown = Credentials.secret(request.getHeaders().get(HttpHeader.AUTHORIZATION), isPage);
        if (shown == null || !MessageDigest.isEqual(expected, shown.getBytes(StandardCharsets.UTF_8))) {
            throw WorkerErrors.unauthorised();
        }
    }
}
