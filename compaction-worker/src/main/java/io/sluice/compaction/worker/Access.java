// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.web.Credentials;
import io.sluice.store.base.StoreException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask: whoever has the worker's secret; for its own jobs, a tenant that has its. Where there is no secret at all
 * the worker is on loopback, and then a browser on the same machine must not be led to it under another name (DNS
 * rebinding): the host asked for has to be an address, or localhost.
 */
final class Access {
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[?[0-9a-f:.]*:[0-9a-f:.]*]?");

    private final byte @Nullable [] secret;
    private final List<Tenant> tenants;

    Access(WorkerSettings settings) {
        String own = settings.secret();
        this.secret = own == null ? null : bytes(own);
        this.tenants = settings.tenants();
    }

    /** Lets browsers of who may do everything in too, which send a password: the secret, under any user's name. */
    void checkPage(Request request) throws StoreException {
        if (caller(request, true).tenant() != null) {
            throw WorkerErrors.unauthorised();
        }
    }

    /** Tells which program asks; what a tenant may do is for the caller of this to heed. */
    Caller caller(Request request) throws StoreException {
        return caller(request, false);
    }

    private Caller caller(Request request, boolean isPage) throws StoreException {
        byte[] expected = secret;
        if (expected == null && tenants.isEmpty()) {
            String host = String.valueOf(Request.getServerName(request)).toLowerCase(Locale.ROOT);
            if (!host.equals("localhost") && !ADDRESS.matcher(host).matches()) {
                throw WorkerErrors.request("this worker has no secret and answers under its address only");
            }
            return new Caller(null);
        }
        String shown = Credentials.secret(request.getHeaders().get(HttpHeader.AUTHORIZATION), isPage);
        if (shown == null) {
            throw WorkerErrors.unauthorised();
        }
        byte[] token = bytes(shown);
        if (expected != null && MessageDigest.isEqual(expected, token)) {
            return new Caller(null);
        }
        Tenant found = null;
        for (Tenant tenant : tenants) { // all of them: the time tells nothing
            if (MessageDigest.isEqual(bytes(tenant.secret()), token)) {
                found = tenant;
            }
        }
        if (found == null) {
            throw WorkerErrors.unauthorised();
        }
        return new Caller(found);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
