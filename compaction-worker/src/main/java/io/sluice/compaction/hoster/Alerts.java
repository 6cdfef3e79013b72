// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import java.net.http.HttpClient;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Tells people of failures: to {@code alert_http} and by mail to {@code alert_email}, at most once in {@code alert_interval};
 * waits for nothing. Safe for concurrent use.
 */
final class Alerts {
    private final AlertPost post;
    private final AlertMail mail;
    private final AlertLimiter limiter;

    Alerts(RemoteCompactionSettings settings, HttpClient http, LongSupplier nanoClock) {
        this.post = new AlertPost(http);
        this.mail = new AlertMail(settings);
        this.limiter = new AlertLimiter(nanoClock);
    }

    /**
     * Tells of a failure, unless another was told of shortly before.
     *
     * @param status what happened
     * @param url of the worker that was asked last
     */
    void tell(RemoteCompactionSettings settings, String instance, String status, String url) {
        boolean isAsked =
                !settings.alertHttp().isEmpty() || !settings.alertEmail().isEmpty();
        if (!isAsked || !limiter.tryAcquire(settings.alertInterval())) {
            return;
        }
        String title = "Remote compaction of " + instance + " failed";
        if (!settings.alertHttp().isEmpty()) {
            post.send(settings.alertHttp(), title, status, url, instance);
        }
        if (!settings.alertEmail().isEmpty()) {
            mail.send(
                    settings.alertEmail(),
                    title,
                    List.of(title + ".", "", "Status: " + status, "Worker: " + url, "Instance: " + instance));
        }
    }
}
