// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.compaction.document.CodeVersions;
import io.sluice.compaction.web.Asset;
import io.sluice.compaction.web.FigureGroup;
import io.sluice.compaction.web.Json;
import io.sluice.compaction.web.Metrics;
import io.sluice.compaction.web.PageHeaders;
import io.sluice.compaction.web.Site;
import io.sluice.compaction.web.StorePages;
import io.sluice.compaction.web.StoreView;
import io.sluice.compaction.web.WebDomain;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;

/** The pages and metrics of a process with stores, which only show. Safe for concurrent use. */
final class StorePagesHandler extends Handler.Abstract.NonBlocking {
    private static final String METRICS_PREFIX = "sluice_remote_compaction_";
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,4}");

    private final RemoteCompaction remote;
    private final StorePages pages = new StorePages(new Site(
            "remote compaction",
            "Sluice",
            "Sluice " + CodeVersions.current(),
            List.of(
                    new Site.Link("./", "Overview"),
                    new Site.Link("workers", "Workers"),
                    new Site.Link("parameters", "Parameters"),
                    new Site.Link("metrics", "Metrics"))));

    StorePagesHandler(RemoteCompaction remote) {
        this.remote = remote;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String path = Request.getPathInContext(request);
        Asset asset = Asset.all().get(path.substring(1));
        if (asset == null && !path.equals("/") && !path.equals("/workers") && !path.equals("/metrics")) {
            return false;
        }
        StoreExchange exchange = new StoreExchange(request, response, callback);
        if (!request.getMethod().equals("GET")) {
            response.getHeaders().put(HttpHeader.ALLOW, "GET");
            exchange.refuse(405, "expected GET");
        } else if (asset != null) {
            write(exchange, asset.contents(), asset.mediaType(), List.of());
        } else {
            show(exchange, path);
        }
        return true;
    }

    private void show(StoreExchange exchange, String path) {
        StoreView view = remote.view();
        if (path.equals("/metrics")) {
            byte[] text = Metrics.write(
                    METRICS_PREFIX,
                    CodeVersions.current(),
                    List.of(new FigureGroup("remote_compaction", "Remote compaction", view.figures())));
            write(exchange, text, Metrics.mediaType(), List.of());
        } else if (path.equals("/workers")) {
            page(exchange, pages.workers(view.workers()), StorePages.origins(view.workers()));
        } else if (parameter(exchange, "html").equals("0")) {
            write(exchange, Json.write(view), Json.MEDIA_TYPE, List.of());
        } else {
            String seconds = parameter(exchange, "refresh");
            int refresh = SECONDS.matcher(seconds).matches() ? Integer.parseInt(seconds) : 0;
            page(exchange, pages.home(view, refresh), List.of());
        }
    }

    private static String parameter(StoreExchange exchange, String name) {
        try {
            Fields.Field field =
                    Request.extractQueryParameters(exchange.request(), UTF_8).get(name);
            return field == null ? "" : field.getValue();
        } catch (RuntimeException malformed) {
            return "";
        }
    }

    private void page(StoreExchange exchange, String html, List<String> frames) {
        write(exchange, html.getBytes(UTF_8), "text/html;charset=utf-8", frames);
    }

    private void write(StoreExchange exchange, byte[] body, String type, List<String> frames) {
        WebDomain framedBy = WebDomain.parse(remote.settings().webDomain());
        PageHeaders.of(framedBy, frames)
                .forEach((name, value) -> exchange.response().getHeaders().put(name, value));
        exchange.write(200, body, type);
    }
}
