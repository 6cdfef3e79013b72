// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;
import java.util.Locale;

/** Attempts at jobs as a table. */
final class JobTable {
    private final FormToken forms;

    JobTable(FormToken forms) {
        this.forms = forms;
    }

    /** What a form that stops a job is the token of. */
    static String stopAction(String token) {
        return "stop-job " + token;
    }

    void write(Html html, List<JobView> jobs, String whereEmpty) {
        html.open("div", "class", "wide").open("table").open("thead").open("tr");
        for (String head : List.of("Job", "State", "Levels")) {
            html.element("th", head);
        }
        for (String head : List.of("Parts", "Input", "Output", "Accepted", "Waited", "Ran")) {
            html.element("th", head, "class", "number");
        }
        html.element("th", "").close().close().open("tbody");
        if (jobs.isEmpty()) {
            html.open("tr")
                    .element("td", whereEmpty, "colspan", "10", "class", "empty")
                    .close();
        }
        jobs.forEach(job -> row(html, job));
        html.close().close().close();
    }

    private void row(Html html, JobView job) {
        html.open("tr").open("td", "class", "job", "title", job.instance() + ", " + job.columnFamily());
        html.element("a", job.name(), "href", "job?token=" + job.token());
        html.element("small", job.instance() + ", " + job.columnFamily()).close();
        html.open("td");
        state(html, job.state());
        String error = job.error();
        if (error != null) {
            html.element("small", Printable.line(error, 160));
        }
        html.close();
        html.open("td").text(job.levels()).element("small", job.reason()).close();
        number(html, Units.count(job.subcompactions()), "");
        number(html, Units.size(job.inputBytes()), job.inputFiles() == 1 ? "1 file" : job.inputFiles() + " files");
        html.open("td", "class", "number").text(Units.size(job.bytesWritten()));
        if (job.state().equals("running")) {
            html.open("small");
            progress(html, job);
            html.close();
        } else {
            html.element("small", job.outputs() == 1 ? "1 file" : job.outputs() + " files");
        }
        html.close();
        number(html, Units.time(job.acceptedMs()), "");
        number(html, Units.span(job.waitedMs()), "");
        number(html, job.state().equals("waiting") ? "" : Units.span(job.ranMs()), "");
        html.open("td");
        if (job.isLive()) {
            stop(html, job);
        }
        html.close().close();
    }

    private static void number(Html html, String text, String small) {
        html.open("td", "class", "number").text(text);
        if (!small.isEmpty()) {
            html.element("small", small);
        }
        html.close();
    }

    static void state(Html html, String state) {
        state(html, state, state.replace('-', ' '));
    }

    /** A state in another one's colour. */
    static void state(Html html, String colour, String state) {
        html.element("span", state, "class", "state " + colour);
    }

    static void progress(Html html, JobView job) {
        double part = job.inputBytes() == 0 ? 0 : Math.min(1, (double) job.bytesRead() / job.inputBytes());
        html.element(
                "progress",
                Units.share(job.bytesRead(), job.inputBytes()),
                "max",
                "1",
                "value",
                String.format(Locale.ROOT, "%.3f", part),
                "title",
                Units.size(job.bytesRead()) + " of " + Units.size(job.inputBytes()) + " read");
    }

    void stop(Html html, JobView job) {
        html.open("form", "method", "post", "action", "stop-job");
        html.open("input", "type", "hidden", "name", "token", "value", job.token());
        html.open("input", "type", "hidden", "name", "form", "value", forms.of(stopAction(job.token())));
        html.element("button", "Stop", "title", "Stop this attempt; its store may try again");
        html.close();
    }
}
