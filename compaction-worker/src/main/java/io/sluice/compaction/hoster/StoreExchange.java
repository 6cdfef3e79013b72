// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.http.Answer;
import io.sluice.store.base.StoreException;
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

    /** Answers. */
    void write(int status, byte[] body, String type) {
        Answer.write(request, response, callback, status, body, type);
    }
}
