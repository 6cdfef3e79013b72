// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Writes a whole answer: browsers keep nothing of it and take it for nothing else. Stateless. */
public final class Answer {
    private Answer() {}

    /**
     * Answers, once a request.
     *
     * @param type the media type
     */
    public static void write(
            Request request, Response response, Callback callback, int status, byte[] body, String type) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        if (endsConnection(request, status)) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        response.write(true, ByteBuffer.wrap(body), callback);
    }

    /** Where a body is refused before all of it came: the client must not send its next request behind it. */
    private static boolean endsConnection(Request request, int status) {
        return HttpStatus.isClientError(status)
                && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1
                && !request.consumeAvailable();
    }
}
