// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.store.base.StoreException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** One request to a store's HTTP face and its answer, which is given once. Used by one thread at a time. */
record StoreExchange(Request request, Response response, Callback callback) {
    private static final JsonMapper MAPPER = new JsonMapper();

    /** Answers with JSON. */
    void reply(Object value) {
        try {
            write(200, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(value), Documents.MEDIA_TYPE);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts, numbers, lists and maps are JSON", e);
        }
    }

    /** Answers that the request is none that can be served. */
    void refuse(int status, String problem) {
        refuse(status, StoreException.invalid("compaction.store.request", problem));
    }

    /** Answers with an error. */
    void refuse(int status, StoreException error) {
        try {
            write(status, Documents.write(ErrorDocument.of(error)), Documents.MEDIA_TYPE);
        } catch (StoreException e) {
            throw new AssertionError("an error is short", e);
        }
    }

    /** Answers; browsers keep nothing of it and take it for nothing else. */
    void write(int status, byte[] body, String type) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.write(true, ByteBuffer.wrap(body), callback);
    }
}
