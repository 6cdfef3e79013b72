// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whose pages may frame these: {@code web_domain} and {@code WEB_DOMAIN}. Either an origin, such as {@code
 * https://db.example:2011}, or a domain, such as {@code example.com}, for all its hosts and ports. A value.
 *
 * @param ancestors the sources of the policy's {@code frame-ancestors}
 */
public record WebDomain(String ancestors) {
    /** Nobody. */
    public static final WebDomain NONE = new WebDomain("'none'");

    private static final int MAX_LENGTH = 253 + 16;

    private static final Pattern FORM = Pattern.compile(
            "(?<scheme>https?://)?(?<host>[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)(?<port>:[0-9]{1,5})?",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|localhost");

    /**
     * Reads it; empty for nobody.
     *
     * @throws IllegalArgumentException where it is neither an origin nor a domain
     */
    public static WebDomain parse(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        Matcher form = FORM.matcher(text);
        if (text.length() > MAX_LENGTH || !form.matches()) {
            throw new IllegalArgumentException("expected an origin such as https://db.example:2011, or a domain such as"
                    + " example.com, found '" + Printable.line(text, MAX_LENGTH) + "'");
        }
        if (form.group("scheme") != null || form.group("port") != null) {
            return new WebDomain(text);
        }
        boolean hasHosts = !ADDRESS.matcher(form.group("host")).matches();
        return new WebDomain(text + ":*" + (hasHosts ? " *." + text + ":*" : ""));
    }
}
