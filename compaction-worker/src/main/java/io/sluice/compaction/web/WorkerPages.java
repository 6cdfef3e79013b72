// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A compaction worker's pages, made of values. Immutable. */
public final class WorkerPages {
    private static final String STOP_WORKER = "stop";

    private final Site site;
    private final FormToken forms;
    private final JobTable table;

    /** Pages of a worker, whose forms carry these tokens. */
    public WorkerPages(Site site, FormToken forms) {
        this.site = site;
        this.forms = forms;
        this.table = new JobTable(forms);
    }

    /** Whether a form that stops a job was on a page of this worker. */
    public boolean isFormOfJob(String token, String form) {
        return forms.matches(JobTable.stopAction(token), form);
    }

    /** Whether a form that stops the worker was on a page of this worker. */
    public boolean isFormOfWorker(String form) {
        return forms.matches(STOP_WORKER, form);
    }

    /**
     * The first page: what goes on now.
     *
     * @param live jobs that run or wait
     * @param isStoppable whether a button stops the worker
     */
    public String home(WorkerView worker, List<JobView> live, int refresh, boolean isStoppable) {
        return site.page("Overview", "./", refresh, html -> {
            html.open("p");
            JobTable.state(html, worker.isStopping() ? "stopping" : "serving");
            html.text(" ").element("span", worker.address(), "class", "faint").close();
            html.open("div", "class", "tiles");
            for (Figure figure : worker.figures()) {
                html.open("div", "class", "tile", "title", figure.help());
                html.element("span", figure.label())
                        .element("b", figure.shown())
                        .close();
            }
            html.close();
            html.element("h2", "Under way");
            table.write(html, live, worker.isStopping() ? "It is stopping." : "Nothing to do: waiting for jobs.");
            if (isStoppable && !worker.isStopping()) {
                html.element("h2", "This worker");
                html.open("form", "method", "post", "action", "stop");
                html.open("input", "type", "hidden", "name", "form", "value", forms.of(STOP_WORKER));
                html.element("button", "Stop this worker").close();
                html.element("p", "It hands its jobs back to their stores, and ends.", "class", "faint");
            }
        });
    }

    /**
     * All jobs that are known.
     *
     * @param live those that run or wait
     * @param ended the newest first
     * @param more how many others have ended
     */
    public String list(List<JobView> live, List<JobView> ended, int more, int refresh) {
        return site.page("Jobs", "list", refresh, html -> {
            html.element("h2", "Running and waiting");
            table.write(html, live, "None.");
            html.element("h2", "Ended");
            table.write(html, ended, "None yet, or none that is remembered.");
            if (more > 0) {
                html.open("p")
                        .element("a", "Show " + more + " more", "href", "list?all=1")
                        .close();
            }
            refreshLinks(html, "list", refresh);
        });
    }

    /** All figures. */
    public String statistics(List<FigureGroup> groups, int refresh) {
        return site.page("Statistics", "stat", refresh, html -> {
            for (FigureGroup group : groups) {
                html.element("h2", group.title());
                html.open("div", "class", "wide narrow").open("table").open("tbody");
                for (Figure figure : group.figures()) {
                    html.open("tr").open("th").text(figure.label());
                    html.element("small", figure.help()).close();
                    html.element("td", figure.shown(), "class", "number").close();
                }
                html.close().close().close();
            }
            html.open("p", "class", "faint").text("For programs: ");
            html.element("a", "JSON", "href", "stat?html=0").text(", ");
            html.element("a", "Prometheus", "href", "metrics").text(".").close();
            refreshLinks(html, "stat", refresh);
        });
    }

    /**
     * One attempt: before and after, and its log.
     *
     * @param hasProcess whether it has or had a process of its own, which may have said something
     */
    public String job(JobDetails details, boolean hasProcess, int refresh) {
        JobView job = details.job();
        return site.page("Job " + job.name(), "job", refresh, html -> {
            html.open("p");
            JobTable.state(html, job.state());
            html.text(" ").text(job.levels()).text(" of ").element("b", job.columnFamily());
            html.text(" in ").element("b", job.instance()).close();
            String error = job.error();
            if (error != null) {
                html.element("p", error, "class", "bad");
            }
            if (job.state().equals("running")) {
                html.open("p");
                JobTable.progress(html, job);
                html.close();
            }
            if (job.isLive()) {
                table.stop(html, job);
            }
            facts(html, job);
            html.element("h2", "Before and after");
            balance(html, details);
            files(html, "Before", details.before(), job.inputFiles());
            files(html, "After", details.after(), job.outputs());
            statistics(html, details.statistics());
            html.element("h2", "Log");
            html.element("pre", String.join("\n", details.log()));
            html.open("p").element("a", "As text", "href", "log?token=" + job.token());
            if (hasProcess) {
                html.text(", ").element("a", "what its process said", "href", "log?process=1&token=" + job.token());
            }
            html.close();
        });
    }

    /** What is kept of attempts that ran here, also before the worker was started; the newest first. */
    public String logs(List<LogView> logs) {
        return site.page("Logs", "logs", 0, html -> {
            html.open("div", "class", "wide").open("table").open("thead").open("tr");
            html.element("th", "Job")
                    .element("th", "Store")
                    .element("th", "Log")
                    .element("th", "Its process");
            html.close().close().open("tbody");
            if (logs.isEmpty()) {
                html.open("tr")
                        .element("td", "None is kept.", "colspan", "4", "class", "empty")
                        .close();
            }
            for (LogView log : logs) {
                html.open("tr").element("td", log.job() + " attempt " + log.attempt());
                html.element("td", log.instance());
                html.open("td")
                        .element("a", "log", "href", "log?token=" + log.token())
                        .close()
                        .open("td");
                if (log.hasProcess()) {
                    html.element("a", "what it said", "href", "log?process=1&token=" + log.token());
                }
                html.close().close();
            }
            html.close().close().close();
        });
    }

    /** What went wrong. */
    public String error(String title, String message) {
        return site.page(title, "", 0, html -> html.element("p", message));
    }

    private static void facts(Html html, JobView job) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Store", job.store());
        facts.put("Reason", job.reason());
        facts.put("Parts at a time", Units.count(job.subcompactions()));
        facts.put("Accepted", Units.time(job.acceptedMs()));
        facts.put("Waited", Units.span(job.waitedMs()));
        if (!job.state().equals("waiting")) {
            facts.put("Ran", Units.span(job.ranMs()));
        }
        facts.put("Token", job.token());
        html.open("dl");
        facts.forEach((name, value) -> html.element("dt", name).element("dd", value));
        html.close();
    }

    private static void balance(Html html, JobDetails details) {
        JobView job = details.job();
        html.open("div", "class", "wide").open("table").open("thead").open("tr").element("th", "");
        for (String head : List.of("Files", "Bytes", "Entries")) {
            html.element("th", head, "class", "number");
        }
        html.close().close().open("tbody");
        boolean isDone = job.state().equals("finished");
        balanceRow(
                html,
                "Before",
                job.inputFiles(),
                job.inputBytes(),
                Units.count(job.inputEntries()) + (isDone ? "" : " read"));
        balanceRow(html, "After", job.outputs(), details.afterBytes(), Units.count(details.afterEntries()));
        if (isDone) {
            html.open("tr").element("th", "Left");
            html.element("td", Units.share(job.outputs(), job.inputFiles()), "class", "number");
            html.element("td", Units.share(details.afterBytes(), job.inputBytes()), "class", "number");
            html.element("td", Units.share(details.afterEntries(), job.inputEntries()), "class", "number");
            html.close();
        }
        html.close().close().close();
    }

    private static void balanceRow(Html html, String name, int files, long bytes, String entries) {
        html.open("tr").element("th", name);
        for (String value : List.of(Units.count(files), Units.size(bytes), entries)) {
            html.element("td", value, "class", "number");
        }
        html.close();
    }

    private static void files(Html html, String title, List<FileView> files, int all) {
        html.element("h2", title + (all > files.size() ? ": " + files.size() + " of " + all + " files" : ""));
        html.open("div", "class", "wide").open("table").open("thead").open("tr");
        html.element("th", "File").element("th", "Level");
        html.element("th", "Size", "class", "number").element("th", "Entries", "class", "number");
        html.element("th", "Smallest key").element("th", "Largest key");
        html.element("th", "Sequence numbers", "class", "number")
                .close()
                .close()
                .open("tbody");
        if (files.isEmpty()) {
            html.open("tr")
                    .element("td", "None yet.", "colspan", "7", "class", "empty")
                    .close();
        }
        for (FileView file : files) {
            Long entries = file.entries();
            String builder = file.builder();
            html.open("tr").open("td").text(file.name());
            if (builder != null) {
                html.element("small", "by " + builder);
            }
            html.close().element("td", "L" + file.level());
            html.element("td", Units.size(file.bytes()), "class", "number");
            html.element("td", entries == null ? "" : Units.count(entries), "class", "number");
            html.element("td", file.smallest(), "class", "key").element("td", file.largest(), "class", "key");
            html.element("td", file.smallestSequence() + " to " + file.largestSequence(), "class", "number");
            html.close();
        }
        html.close().close().close();
    }

    private static void statistics(Html html, Map<String, Long> statistics) {
        if (statistics.isEmpty()) {
            return;
        }
        html.element("h2", "Statistics");
        html.open("div", "class", "wide narrow").open("table").open("tbody");
        new TreeMap<>(statistics).forEach((name, value) -> {
            boolean isTime = name.endsWith("_ns");
            html.open("tr").element("th", isTime ? name.substring(0, name.length() - 3) : name);
            html.element("td", isTime ? Units.span(value / 1_000_000) : Units.count(value), "class", "number");
            html.close();
        });
        html.close().close().close();
    }

    private static void refreshLinks(Html html, String to, int refresh) {
        html.open("p", "class", "faint");
        if (refresh > 0) {
            html.text("Reloads every " + refresh + " s. ").element("a", "Stop that", "href", to);
        } else {
            html.element("a", "Reload every 5 s", "href", to + "?refresh=5");
        }
        html.close();
    }
}
