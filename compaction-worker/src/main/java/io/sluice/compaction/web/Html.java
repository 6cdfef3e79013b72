// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes HTML. Whatever is text is escaped: there is no way to put markup in from outside. Elements close in order. Used
 * by one thread.
 */
public final class Html {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    /** Without an end tag. */
    private static final Set<String> VOID = Set.of("meta", "link", "input", "br");

    private static final Set<String> ADDRESSES = Set.of("href", "src", "action");

    /** What an address may begin with: a path, a query, or one of the two schemes. */
    private static final Pattern ADDRESS = Pattern.compile("(?i)https?://.*|[^:]*|[^:/?#]*[/?#].*", Pattern.DOTALL);

    private final StringBuilder out = new StringBuilder(4096).append("<!DOCTYPE html>\n");
    private final Deque<String> open = new ArrayDeque<>();

    /**
     * Opens an element, which has no end where HTML has none for it.
     *
     * @param attributes names and values in turn; names are the program's own, and no scripts or styles
     */
    public Html open(String element, String... attributes) {
        out.append('<').append(checked(element));
        for (int i = 0; i < attributes.length; i += 2) {
            String name = checked(attributes[i]);
            if (name.startsWith("on") || name.equals("style")) {
                throw new IllegalArgumentException(name + ": the content security policy would not let it run");
            }
            String value = attributes[i + 1];
            boolean isBad = ADDRESSES.contains(name) && !ADDRESS.matcher(value).matches();
            out.append(' ').append(name).append("=\"");
            escape(isBad ? "#" : value);
            out.append('"');
        }
        out.append('>');
        if (!VOID.contains(element)) {
            open.push(element);
        }
        return this;
    }

    /** Closes the element that was opened last. */
    public Html close() {
        String element = open.pop();
        out.append("</").append(element).append('>');
        if (!element.equals("a") && !element.equals("span") && !element.equals("td")) {
            out.append('\n');
        }
        return this;
    }

    /** Text. */
    public Html text(String text) {
        escape(text);
        return this;
    }

    /** An element of text only. */
    public Html element(String element, String text, String... attributes) {
        return open(element, attributes).text(text).close();
    }

    /** The page; all elements are closed. */
    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("not closed: " + open);
        }
        return out.toString();
    }

    private static String checked(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("no name of an element or attribute: " + name);
        }
        return name.toLowerCase(Locale.ROOT);
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(Printable.isPlain(c) ? c : Printable.REPLACEMENT);
            }
        }
    }
}
