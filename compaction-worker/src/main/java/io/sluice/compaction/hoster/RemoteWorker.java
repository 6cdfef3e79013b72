// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a compaction worker is reached. A value.
 *
 * @param url where jobs are submitted; its path ends in {@code /dcompact}
 * @param baseUrl what the other requests' paths are appended to; does not end in a slash
 * @param webUrl the worker's pages, for people
 * @param weight its share of the jobs, relative to the others', 1 to {@link #MAX_WEIGHT}
 */
public record RemoteWorker(URI url, URI baseUrl, URI webUrl, int weight) {
    /** The weight of a worker that is given none. */
    public static final int DEFAULT_WEIGHT = 100;

    /** The largest weight. */
    public static final int MAX_WEIGHT = 1_000_000;

    /** This machine, or none. */
    private static final Pattern HERE =
            Pattern.compile("(?i)localhost\\.?|127\\.[0-9.]*|0\\.0\\.0\\.0|\\[[0:]*:[01]?]|\\[::ffff:(127|0)\\..*]");

    private static final String SUBMIT = "/dcompact";

    /** Checks the weight. */
    public RemoteWorker {
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight=" + weight + ", expected 1 to " + MAX_WEIGHT);
        }
    }

    /**
     * Derives what is not given: {@code base_url} from {@code url} by leaving out {@code /dcompact}, {@code url} from
     * {@code base_url} by appending it, {@code web_url} from {@code base_url}.
     *
     * @param url with or without {@code /dcompact}, or empty
     * @param baseUrl or empty, where {@code url} is given
     * @param webUrl or empty
     * @throws IllegalArgumentException where one is no plain http or https URL, or neither of the first two is given
     */
    public static RemoteWorker of(String url, String baseUrl, String webUrl, int weight) {
        if (url.isEmpty() && baseUrl.isEmpty()) {
            throw new IllegalArgumentException("expected a url or a base_url");
        }
        String submit = trimmed(url.isEmpty() ? baseUrl : url);
        submit = submit.endsWith(SUBMIT) ? submit : submit + SUBMIT;
        String base = baseUrl.isEmpty() ? submit.substring(0, submit.length() - SUBMIT.length()) : trimmed(baseUrl);
        return new RemoteWorker(parse(submit), parse(base), parse(webUrl.isEmpty() ? base : webUrl), weight);
    }

    /** A worker whose URLs all follow from one. */
    public static RemoteWorker of(String url) {
        return of(url, "", "", DEFAULT_WEIGHT);
    }

    private static String trimmed(String url) {
        int end = url.length();
        while (end > 0 && url.charAt(end - 1) == '/') {
            end--;
        }
        return url.substring(0, end);
    }

    private static URI parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("expected a URL such as http://host:8080, found '" + text + "'", e);
        }
        boolean isWeb = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
        if (!isWeb || uri.getHost() == null || uri.getPort() > 65535) {
            throw new IllegalArgumentException("expected a URL such as http://host:8080, found '" + text + "'");
        }
        if (uri.getRawUserInfo() != null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("expected a URL without user, query and fragment, of " + uri.getHost());
        }
        return uri;
    }

    /**
     * The one of several workers behind this address that has a job, asked without the proxy between.
     *
     * @param address where that worker says it is
     * @return null where that is nowhere else, or nobody should be led there: no http or https URL, without TLS where this
     *     is with it, or on this machine where this is not
     */
    @Nullable
    RemoteWorker at(String address) {
        URI direct;
        try {
            direct = parse(trimmed(address));
        } catch (IllegalArgumentException e) {
            return null;
        }
        boolean losesTls =
                "https".equalsIgnoreCase(baseUrl.getScheme()) && !"https".equalsIgnoreCase(direct.getScheme());
        boolean comesHome = isHere(direct.getHost()) && !isHere(baseUrl.getHost());
        return losesTls || comesHome || direct.equals(baseUrl) ? null : new RemoteWorker(url, direct, webUrl, weight);
    }

    private static boolean isHere(String host) {
        return HERE.matcher(host).matches();
    }

    /** The URL of a request. */
    URI request(String pathAndQuery) {
        return URI.create(baseUrl + pathAndQuery);
    }

    /** Where it is, for messages. */
    @Override
    public String toString() {
        return baseUrl.toString();
    }
}
