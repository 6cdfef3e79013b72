// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.Document;
import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.http.Answer;
import io.sluice.store.base.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;

/** One request and its answer, which is given once. Used by one thread at a time. */
record Exchange(Request request, Response response, Callback callback) {
    private static final int MAX_PARAMETER_LENGTH = 128;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    /** Statuses of errors that are not the request's fault as such. */
    private static final Map<String, Integer> STATUS_BY_CODE = Map.of(
            "compaction.worker.unauthorised", HttpStatus.UNAUTHORIZED_401,
            "compaction.worker.token", HttpStatus.NOT_FOUND_404,
            "compaction.worker.root", HttpStatus.FORBIDDEN_403,
            "compaction.worker.form", HttpStatus.FORBIDDEN_403,
            "compaction.worker.stop", HttpStatus.FORBIDDEN_403,
            "compaction.worker.mount", HttpStatus.FORBIDDEN_403,
            "compaction.worker.tenant", HttpStatus.FORBIDDEN_403,
            "compaction.worker.log", HttpStatus.NOT_FOUND_404,
            "compaction.document.too-large", HttpStatus.PAYLOAD_TOO_LARGE_413);

    void reply(Document document) {
        try {
            write(HttpStatus.OK_200, Documents.write(document), Documents.MEDIA_TYPE);
        } catch (StoreException e) {
            reply(e);
        }
    }

    void reply(StoreException error) {
        reply(status(error), error);
    }

    /** The status that goes with an error. */
    static int status(StoreException error) {
        Integer known = STATUS_BY_CODE.get(error.code());
        return known == null ? status(error.kind()) : known;
    }

    void reply(int status, StoreException error) {
        if (status == HttpStatus.SERVICE_UNAVAILABLE_503) {
            response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
        } else if (status == HttpStatus.UNAUTHORIZED_401) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
        }
        try {
            write(status, Documents.write(ErrorDocument.of(error)), Documents.MEDIA_TYPE);
        } catch (StoreException e) {
            throw new AssertionError("an error is short", e);
        }
    }

    void reply(int status, String text) {
        write(status, text.getBytes(StandardCharsets.UTF_8), "text/plain;charset=utf-8");
    }

    /** A parameter of the query, which must be there once. */
    String parameter(String name) throws StoreException {
        List<String> values = parameters().getValuesOrEmpty(name);
        if (values.size() != 1 || values.get(0).length() > MAX_PARAMETER_LENGTH) {
            throw WorkerErrors.request("expected ?" + name + "= once");
        }
        return values.get(0);
    }

    /** Whether a parameter is in the query. */
    boolean has(String name) throws StoreException {
        return !parameters().getValuesOrEmpty(name).isEmpty();
    }

    /** A parameter that counts, from 0 on; {@code absent} where it is not there. */
    int number(String name, int absent) throws StoreException {
        if (!has(name)) {
            return absent;
        }
        String text = parameter(name);
        if (!NUMBER.matcher(text).matches()) {
            throw WorkerErrors.request("expected a number for " + name);
        }
        return Integer.parseInt(text);
    }

    private Fields parameters() throws StoreException {
        try {
            return Request.extractQueryParameters(request, StandardCharsets.UTF_8);
        } catch (RuntimeException malformed) {
            throw WorkerErrors.request("the query is malformed");
        }
    }

    private void write(int status, byte[] body, String type) {
        Answer.write(request, response, callback, status, body, type);
    }

    private static int status(StoreException.Kind kind) {
        return switch (kind) {
            case INVALID_ARGUMENT, NOT_SUPPORTED -> HttpStatus.BAD_REQUEST_400;
            case BUSY, CLOSED -> HttpStatus.SERVICE_UNAVAILABLE_503;
            default -> HttpStatus.INTERNAL_SERVER_ERROR_500;
        };
    }
}
