// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.compaction.web.Asset;
import io.sluice.compaction.web.Credentials;
import io.sluice.compaction.web.PageHeaders;
import io.sluice.compaction.web.Site;
import io.sluice.compaction.web.WebDomain;
import io.sluice.store.base.StoreException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Response;

/** A request of a browser and its answer. Used by one thread at a time. */
record PageExchange(Exchange exchange, WebDomain framedBy) {
    void page(String html) {
        page(HttpStatus.OK_200, html);
    }

    void page(int status, String html) {
        write(status, html.getBytes(UTF_8), "text/html;charset=utf-8");
    }

    void text(byte[] text) {
        write(HttpStatus.OK_200, text, "text/plain;charset=utf-8");
    }

    void data(byte[] body, String mediaType) {
        write(HttpStatus.OK_200, body, mediaType);
    }

    void asset(Asset asset) {
        write(HttpStatus.OK_200, asset.contents(), asset.mediaType());
    }

    /** Sends the browser to another page, by a relative address. */
    void see(String where) {
        exchange.response().getHeaders().put(HttpHeader.LOCATION, where);
        write(HttpStatus.SEE_OTHER_303, new byte[0], "text/plain;charset=utf-8");
    }

    /** Whether a program asks: the old system's {@code html=0}. */
    boolean wantsJson() throws StoreException {
        return exchange.number("html", 1) == 0;
    }

    /** Seconds after which the page is to be loaded again. */
    int refresh() throws StoreException {
        return Math.min(Site.MAX_REFRESH, exchange.number("refresh", 0));
    }

    /** Whether no page of another origin can have led the browser here: none makes it send such a header. */
    boolean isFromProgram() {
        return Credentials.isBearer(exchange.request().getHeaders().get(HttpHeader.AUTHORIZATION));
    }

    /** Whether the browser itself tells that the form was on another site. */
    boolean isFromOtherSite() {
        String site = exchange.request().getHeaders().get("Sec-Fetch-Site");
        return site != null && !site.equals("same-origin");
    }

    /** The fields of a form, each of which is there once. */
    static Map<String, String> fields(byte[] body) throws StoreException {
        Map<String, String> fields = new HashMap<>();
        for (String field : new String(body, UTF_8).split("&", -1)) {
            int end = field.indexOf('=');
            try {
                if (end > 0
                        && fields.put(
                                        URLDecoder.decode(field.substring(0, end), UTF_8),
                                        URLDecoder.decode(field.substring(end + 1), UTF_8))
                                != null) {
                    throw WorkerErrors.request("a field of the form is there twice");
                }
            } catch (IllegalArgumentException e) {
                throw WorkerErrors.request("the form is malformed");
            }
        }
        return fields;
    }

    private void write(int status, byte[] body, String type) {
        Response response = exchange.response();
        response.setStatus(status);
        PageHeaders.of(framedBy).forEach((name, value) -> response.getHeaders().put(name, value));
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        response.write(true, ByteBuffer.wrap(body), exchange.callback());
    }
}
