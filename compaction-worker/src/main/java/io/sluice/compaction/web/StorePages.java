// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The pages of a process with stores. Immutable. */
public final class StorePages {
    /** Workers whose pages are shown in frames. */
    public static final int MAX_FRAMES = 32;

    private final Site site;

    /** Pages of one process. */
    public StorePages(Site site) {
        this.site = site;
    }

    /** All in one. */
    public String home(StoreView store, int refresh) {
        return site.page("Remote compaction", "./", refresh, html -> {
            html.open("div", "class", "tiles");
            for (Figure figure : store.figures()) {
                html.open("div", "class", "tile", "title", figure.help());
                html.element("span", figure.label())
                        .element("b", figure.shown())
                        .close();
            }
            html.close();
            jobs(html, store.jobs());
            workers(html, store.workers());
            books(html, store);
            counts(html, "Jobs done, by worker", store.done());
            counts(html, "Attempts that failed", store.failures());
            html.open("p", "class", "faint");
            if (refresh > 0) {
                html.text("Reloads every " + refresh + " s. ").element("a", "Stop that", "href", "./");
            } else {
                html.element("a", "Reload every 5 s", "href", "./?refresh=5");
            }
            html.close();
        });
    }

    /** The workers' own pages, in frames that are as high as these. */
    public String workers(List<StoreView.Worker> workers) {
        return site.framingPage("Workers", "workers", html -> {
            for (StoreView.Worker worker : shown(workers)) {
                html.open("h2")
                        .element("a", worker.address(), "href", slashed(worker.web()))
                        .close();
                html.open("iframe", "src", slashed(worker.web()), "title", worker.address(), "loading", "lazy")
                        .close();
            }
            html.element(
                    "p",
                    "A frame stays empty where its worker can't be reached from here, or does not name this page's"
                            + " origin as its web domain.",
                    "class",
                    "faint");
        });
    }

    /** The origins of the workers' pages, for the policy. */
    public static List<String> origins(List<StoreView.Worker> workers) {
        Set<String> origins = new LinkedHashSet<>();
        for (StoreView.Worker worker : shown(workers)) {
            URI web = URI.create(worker.web());
            origins.add(web.getScheme() + "://" + web.getRawAuthority());
        }
        return List.copyOf(origins);
    }

    private static List<StoreView.Worker> shown(List<StoreView.Worker> workers) {
        return workers.subList(0, Math.min(MAX_FRAMES, workers.size()));
    }

    private static String slashed(String address) {
        return address.endsWith("/") ? address : address + "/";
    }

    private static void head(Html html, String title, List<String> texts, List<String> numbers) {
        html.element("h2", title);
        html.open("div", "class", "wide").open("table").open("thead").open("tr");
        texts.forEach(text -> html.element("th", text));
        numbers.forEach(number -> html.element("th", number, "class", "number"));
        html.close().close().open("tbody");
    }

    private static void number(Html html, String text) {
        html.element("td", text, "class", "number");
    }

    private static void end(Html html) {
        html.close().close().close();
    }

    private static void jobs(Html html, List<StoreView.Job> jobs) {
        head(
                html,
                "Jobs that are out",
                List.of("Job", "Levels", "Where"),
                List.of("Attempt", "Input", "Elapsed", "Estimate"));
        if (jobs.isEmpty()) {
            html.open("tr")
                    .element("td", "None.", "colspan", "7", "class", "empty")
                    .close();
        }
        for (StoreView.Job job : jobs) {
            html.open("tr").open("td").text(job.epoch() + "/" + job.number());
            html.element("small", job.store() + ", " + job.columnFamily()).close();
            html.element("td", job.levels()).open("td");
            String page = job.page();
            if (page == null) {
                html.text(job.where());
            } else {
                html.element("a", job.where(), "href", page);
            }
            html.close();
            number(html, job.attempt() == 0 ? "" : Integer.toString(job.attempt()));
            number(html, Units.size(job.inputBytes()));
            number(html, Units.span(job.elapsedMs()));
            number(html, Units.span(job.estimateMs()));
            html.close();
        }
        end(html);
    }

    private static void workers(Html html, List<StoreView.Worker> workers) {
        head(html, "Workers", List.of("Worker", "State"), List.of("Weight", "Chosen", "Jobs now"));
        for (StoreView.Worker worker : workers) {
            html.open("tr")
                    .open("td")
                    .element("a", worker.address(), "href", slashed(worker.web()))
                    .close();
            html.open("td");
            JobTable.state(html, worker.restMs() > 0 ? "waiting" : "serving", worker.restMs() > 0 ? "rests" : "in use");
            if (worker.failures() > 0) {
                String rest = worker.restMs() > 0 ? ", another " + Units.span(worker.restMs()) : "";
                html.element("small", "failed " + worker.failures() + " times in a row" + rest);
            }
            html.close();
            number(html, Units.count(worker.weight()));
            number(html, Units.count(worker.hits()));
            number(html, Units.count(worker.live()));
            html.close();
        }
        end(html);
    }

    private static void books(Html html, StoreView store) {
        head(
                html,
                "By column family",
                List.of("Store and column family"),
                List.of("Out", "Done", "Input", "Output", "Speed", "Last"));
        if (store.books().isEmpty()) {
            html.open("tr")
                    .element("td", "None yet.", "colspan", "7", "class", "empty")
                    .close();
        }
        store.books().forEach(book -> book(html, book));
        StoreView.Book others = store.others();
        if (others != null) {
            book(html, others);
        }
        end(html);
    }

    private static void book(Html html, StoreView.Book book) {
        html.open("tr").element("td", book.name());
        number(html, Units.count(book.live()));
        number(html, Units.count(book.finished()));
        number(html, Units.size(book.inputBytes()));
        number(html, Units.size(book.outputBytes()));
        number(html, book.workMs() == 0 ? "" : Units.size(book.inputBytes() * 1000 / book.workMs()) + "/s");
        number(html, book.live() > 0 ? "now" : Units.span(book.idleMs()) + " ago");
        html.close();
    }

    private static void counts(Html html, String title, Map<String, Long> counts) {
        if (counts.isEmpty()) {
            return;
        }
        html.element("h2", title).open("div", "class", "wide").open("table").open("tbody");
        new TreeMap<>(counts).forEach((name, count) -> {
            html.open("tr").element("th", name);
            number(html, Units.count(count));
            html.close();
        });
        end(html);
    }
}
