// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Posts alerts as {@code {"title", "status", "url", "instance"}}; waits for nothing. Safe for concurrent use. */
final class AlertPost {
    private static final Logger LOG = LoggerFactory.getLogger(AlertPost.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final JsonMapper MAPPER = new JsonMapper();

    private final HttpClient http;

    AlertPost(HttpClient http) {
        this.http = http;
    }

    /**
     * Checks the address of alerts.
     *
     * @throws IllegalArgumentException where it is no http or https URL
     */
    static void check(String url) {
        URI uri = URI.create(url);
        boolean isWeb = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
        if (!isWeb || uri.getHost() == null) {
            throw new IllegalArgumentException("expected a URL such as http://host/path, found '" + url + "'");
        }
    }

    /** Posts one to an address that was {@link #check checked}. */
    void send(String address, String title, String status, String url, String instance) {
        Map<String, String> alert = new LinkedHashMap<>();
        alert.put("title", title);
        alert.put("status", status);
        alert.put("url", url);
        alert.put("instance", instance);
        byte[] body;
        try {
            body = MAPPER.writeValueAsBytes(alert);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of texts is JSON", e);
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(address))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        var unused = http.sendAsync(request, BodyHandlers.discarding()).whenComplete((response, failure) -> {
            if (failure != null) {
                LOG.warn("alert_http did not take an alert: {}", failure.toString());
            } else if (response.statusCode() / 100 != 2) {
                LOG.warn("alert_http answered an alert with HTTP status {}", response.statusCode());
            }
        });
    }
}
