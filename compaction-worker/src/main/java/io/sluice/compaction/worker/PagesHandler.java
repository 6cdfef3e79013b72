// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.CodeVersions;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.web.Asset;
import io.sluice.compaction.web.Credentials;
import io.sluice.compaction.web.FigureGroup;
import io.sluice.compaction.web.FormToken;
import io.sluice.compaction.web.JobView;
import io.sluice.compaction.web.Json;
import io.sluice.compaction.web.Metrics;
import io.sluice.compaction.web.Site;
import io.sluice.compaction.web.WorkerPages;
import io.sluice.compaction.web.WorkerView;
import io.sluice.store.base.StoreException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's pages, figures and metrics; what they change is changed by POST, with a token that only a page of this
 * worker has. Leaves other paths to others. Safe for concurrent use.
 */
final class PagesHandler extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(PagesHandler.class);

    /** Attempts that have ended on a list that is not asked for all. */
    private static final int SHORT_LIST = 50;

    private static final int MAX_FORM_LENGTH = 4096;
    private static final String METRICS_PREFIX = "sluice_compaction_";

    private interface View {
        void show(PageExchange exchange) throws StoreException;
    }

    private interface Change {
        void make(PageExchange exchange, Map<String, String> form) throws StoreException;
    }

    private final Map<String, View> views = new TreeMap<>();
    private final Map<String, Change> changes = new TreeMap<>();
    private final WorkerSettings settings;
    private final AttemptTable table;
    private final AttemptViews attempts;
    private final WorkerPages pages;
    private final LogViews logs;
    private final Access access;
    private final Runnable stop;
    private volatile String address = "";

    /**
     * A handler.
     *
     * @param files what attempts left
     * @param stop asks for the end of the worker
     */
    PagesHandler(
            WorkerSettings settings,
            AttemptTable table,
            AttemptViews attempts,
            WorkerPages pages,
            WorkFiles files,
            Runnable stop) {
        this.settings = settings;
        this.table = table;
        this.attempts = attempts;
        this.pages = pages;
        this.logs = new LogViews(table, attempts, pages, files);
        this.access = new Access(settings);
        this.stop = stop;
        views.put("/", this::home);
        views.put("/list", this::list);
        views.put("/stat", this::statistics);
        views.put("/metrics", this::metrics);
        views.put("/job", logs::job);
        views.put("/log", logs::log);
        views.put("/logs", logs::list);
        Asset.all().forEach((name, asset) -> views.put("/" + name, exchange -> exchange.asset(asset)));
        changes.put("/stop-job", this::stopJob);
        changes.put("/stop", this::stopWorker);
    }

    /** The pages of a worker, with the links to those that it has. */
    static WorkerPages pages(WorkerSettings settings, FormToken forms) {
        List<Site.Link> links = List.of(
                new Site.Link("./", "Overview"),
                new Site.Link("list", "Jobs"),
                new Site.Link("logs", "Logs"),
                new Site.Link("stat", "Statistics"));
        String about = "Sluice " + CodeVersions.current() + ", worker " + settings.id() + " on " + settings.host();
        return new WorkerPages(new Site("compaction worker", settings.id(), about, links), forms);
    }

    /** Where stores reach this worker, once that is known. */
    void serveAt(String url) {
        address = url;
    }

    /** The paths that it serves. */
    Set<String> paths() {
        Set<String> paths = new TreeSet<>(views.keySet());
        paths.addAll(changes.keySet());
        return paths;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String path = Request.getPathInContext(request);
        View view = views.get(path);
        Change change = changes.get(path);
        if (view == null && change == null) {
            return false;
        }
        PageExchange exchange = new PageExchange(new Exchange(request, response, callback), settings.webDomain());
        try {
            access.checkPage(request);
            if (view != null && isOf("GET", exchange)) {
                view.show(exchange);
            } else if (change != null && isOf("POST", exchange)) {
                Content.Source.asByteArrayAsync(request, MAX_FORM_LENGTH, new Form(exchange, change));
            }
        } catch (StoreException e) {
            error(exchange, e);
        }
        return true;
    }

    /** Whether the request has the method that its path takes; else it is answered. */
    private boolean isOf(String method, PageExchange exchange) {
        if (method.equals(exchange.exchange().request().getMethod())) {
            return true;
        }
        exchange.exchange().response().getHeaders().put(HttpHeader.ALLOW, method);
        error(exchange, HttpStatus.METHOD_NOT_ALLOWED_405, WorkerErrors.request("expected " + method));
        return false;
    }

    /** Makes a change when all of its form has come. */
    private final class Form implements Promise.Invocable<byte[]> {
        private final PageExchange exchange;
        private final Change change;

        Form(PageExchange exchange, Change change) {
            this.exchange = exchange;
            this.change = change;
        }

        @Override
        public void succeeded(byte[] body) {
            try {
                change.make(exchange, PageExchange.fields(body));
            } catch (StoreException e) {
                error(exchange, e);
            } catch (RuntimeException e) {
                LOG.error("worker {}: a form met an error of the program", settings.id(), e);
                error(exchange, WorkerErrors.of(e));
            }
        }

        @Override
        public void failed(Throwable failure) {
            if (failure instanceof IllegalStateException) { // what Jetty says of more than was allowed
                error(exchange, HttpStatus.PAYLOAD_TOO_LARGE_413, WorkerErrors.request("the form is too long"));
            } else {
                exchange.exchange().callback().failed(failure);
            }
        }
    }

    private void error(PageExchange exchange, StoreException error) {
        error(exchange, Exchange.status(error), error);
    }

    private void error(PageExchange exchange, int status, StoreException error) {
        if (status == HttpStatus.UNAUTHORIZED_401) {
            exchange.exchange().response().getHeaders().put(HttpHeader.WWW_AUTHENTICATE, Credentials.CHALLENGE);
        }
        exchange.page(status, pages.error(HttpStatus.getMessage(status), String.valueOf(error.getMessage())));
    }

    private void home(PageExchange exchange) throws StoreException {
        WorkerStatus status = table.status();
        exchange.page(pages.home(
                new WorkerView(
                        address,
                        status.stopping(),
                        WorkerFigures.jobs(settings, status).figures().subList(0, WorkerFigures.TILES)),
                views(table.live().stream()),
                exchange.refresh(),
                settings.stoppable()));
    }

    private List<JobView> views(Stream<HostedAttempt> some) {
        return some.map(attempts::job).toList();
    }

    private void list(PageExchange exchange) throws StoreException {
        List<HostedAttempt> ended = table.ended();
        boolean isAll = exchange.wantsJson() || exchange.exchange().number("all", 0) == 1;
        int shown = isAll ? ended.size() : Math.min(SHORT_LIST, ended.size());
        List<JobView> live = views(table.live().stream());
        List<JobView> recent = views(ended.stream().limit(shown));
        if (exchange.wantsJson()) {
            exchange.data(Json.write(Map.of("live", live, "ended", recent)), Json.MEDIA_TYPE);
        } else {
            exchange.page(pages.list(live, recent, ended.size() - shown, exchange.refresh()));
        }
    }

    private List<FigureGroup> figures() {
        return WorkerFigures.of(settings, table.status(), table.done());
    }

    private void statistics(PageExchange exchange) throws StoreException {
        if (!exchange.wantsJson()) {
            exchange.page(pages.statistics(figures(), exchange.refresh()));
            return;
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("worker", settings.id());
        all.put("host", settings.host());
        all.put("release", CodeVersions.current());
        all.put("address", address);
        all.putAll(Json.figures(figures()));
        exchange.data(Json.write(all), Json.MEDIA_TYPE);
    }

    private void metrics(PageExchange exchange) {
        byte[] text = Metrics.write(METRICS_PREFIX, settings.id(), settings.host(), CodeVersions.current(), figures());
        exchange.data(text, Metrics.mediaType());
    }

    private HostedAttempt attempt(String token) throws StoreException {
        HostedAttempt attempt = table.look(token);
        if (attempt == null) {
            throw WorkerErrors.unknownToken();
        }
        return attempt;
    }

    private static void checkForm(PageExchange exchange, boolean isOurs) throws StoreException {
        if (!exchange.isFromProgram() && (exchange.isFromOtherSite() || !isOurs)) {
            throw WorkerErrors.foreignForm();
        }
    }

    private void stopJob(PageExchange exchange, Map<String, String> form) throws StoreException {
        String token = form.getOrDefault("token", "");
        checkForm(exchange, pages.isFormOfJob(token, form.getOrDefault("form", "")));
        HostedAttempt attempt = attempt(token);
        LOG.info("worker {}: {} is stopped from a page", settings.id(), attempt);
        table.end(attempt, State.FAILED, WorkerErrors.stopped());
        exchange.see("list");
    }

    private void stopWorker(PageExchange exchange, Map<String, String> form) throws StoreException {
        if (!settings.stoppable()) {
            throw WorkerErrors.notStoppable();
        }
        checkForm(exchange, pages.isFormOfWorker(form.getOrDefault("form", "")));
        LOG.info("worker {} is stopped over HTTP", settings.id());
        exchange.page(pages.error("Stopping", "The worker hands back its jobs and ends."));
        stop.run();
    }
}
