// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log who changed which parameter from what to what, and keeps the latest of these lines. Safe for concurrent use. */
final class ChangeLog {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeLog.class);
    private static final int MAX_LINES = 100;
    private static final int MAX_WHO_LENGTH = 200;
    private static final JsonMapper MAPPER = new JsonMapper();

    private final InstantSource clock;

    @GuardedBy("this")
    private final Deque<String> lines = new ArrayDeque<>();

    ChangeLog(InstantSource clock) {
        this.clock = clock;
    }

    /** One parameter was changed. */
    void add(String who, String parameter, @Nullable Object from, Object to) {
        String line = printable(who.substring(0, Math.min(who.length(), MAX_WHO_LENGTH))) + " changed " + parameter
                + " from " + json(from) + " to " + json(to);
        LOG.info("audit: {}", line);
        synchronized (this) {
            lines.addLast(clock.instant() + " " + line);
            if (lines.size() > MAX_LINES) {
                lines.removeFirst();
            }
        }
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** JSON escapes control characters: nobody can forge a line. */
    private static String json(@Nullable Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts, numbers, lists and maps are JSON", e);
        }
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
