// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.compaction.document.Documents;
import io.sluice.config.ConfigException;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

/**
 * Shows the parameters at {@code /parameters}, and changes those that can be changed: {@code docs/remote-compaction.md}.
 * Safe for concurrent use.
 */
final class ParametersHandler extends Handler.Abstract.NonBlocking {
    private static final String PATH = "/parameters";
    private static final int MAX_LENGTH = 64 << 10;
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private final RemoteCompaction remote;

    ParametersHandler(RemoteCompaction remote) {
        this.remote = remote;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        if (!Request.getPathInContext(request).equals(PATH)) {
            return false;
        }
        StoreExchange exchange = new StoreExchange(request, response, callback);
        switch (request.getMethod()) {
            case "GET" -> show(exchange);
            case "PATCH" -> change(exchange);
            default -> {
                response.getHeaders().put(HttpHeader.ALLOW, "GET, PATCH");
                exchange.refuse(405, "expected GET or PATCH");
            }
        }
        return true;
    }

    private void show(StoreExchange exchange) {
        RemoteCompactionSettings settings = remote.settings();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("changeable", Parameters.values(settings, true));
        answer.put("fixed", Parameters.values(settings, false));
        answer.put("changes", remote.changes());
        exchange.reply(answer);
    }

    private void change(StoreExchange exchange) {
        String type = exchange.request().getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (type == null || !type.startsWith(Documents.MEDIA_TYPE)) {
            // which no page of another origin can send without asking first
            exchange.refuse(400, "expected Content-Type: " + Documents.MEDIA_TYPE);
        } else if (exchange.request().getLength() > MAX_LENGTH) {
            exchange.refuse(413, "the body has more than " + MAX_LENGTH + " bytes");
        } else {
            Content.Source.asByteArrayAsync(exchange.request(), MAX_LENGTH, new Body(exchange));
        }
    }

    /** Changes parameters when all of the request has come. */
    private final class Body implements Promise.Invocable<byte[]> {
        private final StoreExchange exchange;

        Body(StoreExchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void succeeded(byte[] bytes) {
            JsonNode asked;
            try {
                asked = MAPPER.readTree(bytes);
            } catch (IOException e) {
                exchange.refuse(400, "the body is no JSON: " + e.getMessage());
                return;
            }
            try {
                remote.change(Parameters.changes(asked), who(exchange.request()));
                show(exchange);
            } catch (ConfigException e) {
                exchange.refuse(
                        400, StoreException.invalid("compaction.store.parameter", String.valueOf(e.getMessage())));
            }
        }

        @Override
        public void failed(Throwable failure) {
            if (failure instanceof IllegalStateException) { // what Jetty says of more than was allowed
                exchange.refuse(413, "the body has more than " + MAX_LENGTH + " bytes");
            } else {
                exchange.callback().failed(failure);
            }
        }
    }

    /** The client's address; and whom a proxy says that it asks for. */
    private static String who(Request request) {
        String forwarded = request.getHeaders().get(HttpHeader.X_FORWARDED_FOR);
        return Request.getRemoteAddr(request) + (forwarded == null ? "" : " for " + forwarded);
    }
}
