// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a cloud again and again whether it is about to take this machine away: 404 means that it is not, any other answer
 * that it is; no answer means nothing. Owns its thread until closed.
 */
final class TerminationWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TerminationWatch.class);
    private static final int NOT_FOUND = 404;
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    private final URI url;
    private final Runnable onTermination;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(ANSWER_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER) // which is an answer too
            .build();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread created = new Thread(task, "sluice-termination-watch");
        created.setDaemon(true);
        return created;
    });
    /** Used by the thread only. */
    private boolean isSilent;

    /**
     * Watches.
     *
     * @param onTermination runs once at most, on the watch's thread
     */
    TerminationWatch(URI url, Duration interval, Runnable onTermination) {
        this.url = url;
        this.onTermination = onTermination;
        var unused = thread.scheduleWithFixedDelay(this::ask, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void ask() {
        HttpRequest request =
                HttpRequest.newBuilder(url).timeout(ANSWER_LIMIT).GET().build();
        int status;
        try {
            HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
            response.body().close(); // unread: it may be endless
            status = response.statusCode();
        } catch (IOException e) {
            if (!isSilent) {
                LOG.warn("{} can't be asked whether this machine is to go; going on: {}", url.getHost(), e.toString());
            }
            isSilent = true;
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        isSilent = false;
        if (status != NOT_FOUND) {
            LOG.info("this machine is to go: {} answered {}", url.getHost(), status);
            thread.shutdown();
            onTermination.run();
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(ANSWER_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.warn("the watch for the machine's end did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
