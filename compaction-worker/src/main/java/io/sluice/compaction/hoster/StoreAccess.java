// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.web.Credentials;
import io.sluice.store.base.StoreException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Lets through who has the secret; where there is none, who asks by address: a page that a browser on this machine shows
 * must not come here under another name (DNS rebinding). Safe for concurrent use.
 */
final class StoreAccess extends Handler.Abstract.NonBlocking {
    private static final Pattern ADDRESS = Pattern.compile("localhost|[0-9.]+|\\[?[0-9a-f:.]*:[0-9a-f:.]*]?");

    private final byte @Nullable [] secret;

    StoreAccess(@Nullable String secret) {
        this.secret = secret == null ? null : secret.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        StoreExchange exchange = new StoreExchange(request, response, callback);
        byte[] expected = secret;
        if (expected == null) {
            String host = String.valueOf(Request.getServerName(request)).toLowerCase(Locale.ROOT);
            if (ADDRESS.matcher(host).matches()) {
                return false;
            }
            exchange.refuse(400, "without web_secret_file this answers under its address only");
            return true;
        }
        String given = Credentials.secret(request.getHeaders().get(HttpHeader.AUTHORIZATION), true);
        if (given != null && MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))) {
            return false;
        }
        response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, Credentials.CHALLENGE);
        exchange.refuse(
                401,
                StoreException.invalid(
                        "compaction.store.unauthorised",
                        "the request does not carry the secret of web_secret_file as a bearer token"));
        return true;
    }
}
