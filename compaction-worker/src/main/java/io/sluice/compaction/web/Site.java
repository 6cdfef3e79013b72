// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What the pages of one server have in common: who it is, and the way from one to another. All links are relative, so that
 * they hold behind a proxy too. A value.
 *
 * @param kind of server, such as {@code Compaction worker}
 * @param name of this one
 * @param about the rest of the line at the foot: machine, release
 * @param links to the pages, in order
 */
public record Site(String kind, String name, String about, List<Link> links) {
    /** The longest pause between reloads in seconds. */
    public static final int MAX_REFRESH = 3600;

    /**
     * A way to a page.
     *
     * @param to relative address
     * @param label its name
     */
    public record Link(String to, String label) {}

    /** Makes the list unmodifiable. */
    public Site {
        links = List.copyOf(links);
    }

    /**
     * A page.
     *
     * @param here of the links, or another address below them
     * @param refresh seconds after which the browser asks again, 0 for never
     */
    public String page(String title, String here, int refresh, Consumer<Html> content) {
        return page(title, here, refresh, "frame.js", content);
    }

    /** A page with frames in it, which are to be as high as their pages. */
    public String framingPage(String title, String here, Consumer<Html> content) {
        return page(title, here, 0, "frames.js", content);
    }

    private String page(String title, String here, int refresh, String script, Consumer<Html> content) {
        Html html = new Html();
        html.open("html", "lang", "en").open("head");
        html.open("meta", "charset", "utf-8");
        html.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        if (refresh > 0) {
            html.open("meta", "http-equiv", "refresh", "content", Integer.toString(Math.min(refresh, MAX_REFRESH)));
        }
        html.element("title", title + " - " + name);
        html.open("link", "rel", "icon", "href", "icon.svg", "type", "image/svg+xml");
        html.open("link", "rel", "stylesheet", "href", "page.css");
        html.open("script", "src", script, "defer", "").close();
        html.close().open("body").open("header");
        html.element("strong", name).element("span", kind, "class", "faint");
        html.open("nav");
        for (Link link : links) {
            if (Objects.equals(link.to(), here)) {
                html.element("a", link.label(), "href", link.to(), "aria-current", "page");
            } else {
                html.element("a", link.label(), "href", link.to());
            }
        }
        html.close().close().open("main");
        html.element("h1", title);
        content.accept(html);
        html.close().element("footer", about).close().close();
        return html.toString();
    }
}
