// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The headers of each page. They allow it what it needs: its own style, script and pictures, its own forms. */
public final class PageHeaders {
    private PageHeaders() {}

    /**
     * Names and values.
     *
     * @param framedBy who may frame the page
     */
    public static Map<String, String> of(WebDomain framedBy) {
        return of(framedBy, List.of());
    }

    /**
     * Names and values for a page that frames others.
     *
     * @param framedBy who may frame the page
     * @param frames origins of what it frames itself
     */
    public static Map<String, String> of(WebDomain framedBy, List<String> frames) {
        Map<String, String> headers = new TreeMap<>();
        headers.put(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
                        + (frames.isEmpty() ? "" : "; frame-src " + String.join(" ", frames))
                        + "; frame-ancestors " + framedBy.ancestors());
        // a form's origin is told to its own server, nothing to others
        headers.put("Referrer-Policy", "same-origin");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Cache-Control", "no-store");
        return headers;
    }
}
