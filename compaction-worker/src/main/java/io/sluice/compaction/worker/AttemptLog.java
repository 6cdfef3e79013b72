// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.web.Printable;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.manifest.FileMetadata;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What happened to an attempt, line by line, with the time since it was accepted. Keeps the first {@value #MAX_FIRST} lines
 * and the last {@value #MAX_LAST}. Safe for concurrent use.
 */
final class AttemptLog {
    /** Bytes of a key that are shown. */
    static final int MAX_KEY = 48;

    private static final int MAX_FIRST = 100;
    private static final int MAX_LAST = 200;
    private static final int MAX_LINE = 400;
    private static final int MAX_FRAMES = 20;

    private final LongSupplier nanoClock;
    private final long startNanos;

    @GuardedBy("this")
    private final List<String> first = new ArrayList<>();

    @GuardedBy("this")
    private final Deque<String> last = new ArrayDeque<>();

    @GuardedBy("this")
    private long leftOut;

    AttemptLog(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
    }

    /** A further line. */
    void add(String text) {
        double seconds = (double) (nanoClock.getAsLong() - startNanos) / TimeUnit.SECONDS.toNanos(1);
        append(String.format(Locale.ROOT, "%+10.3f s  %s", seconds, Printable.line(text, MAX_LINE)));
    }

    private synchronized void append(String line) {
        if (first.size() < MAX_FIRST) {
            first.add(line);
            return;
        }
        last.add(line);
        if (last.size() > MAX_LAST) {
            last.remove();
            leftOut++;
        }
    }

    /** A file is finished, or nothing was left of a range. */
    void add(CompactionSegment segment) {
        CompactionResult.Output output = segment.output();
        if (output == null) {
            add("nothing is left of " + segment.inputEntries() + " entries");
            return;
        }
        FileMetadata file = output.file();
        add(output.path() + ": " + file.size() + " bytes, " + output.entries() + " of " + segment.inputEntries()
                + " entries, " + userKey(file.smallest()) + " to " + userKey(file.largest()) + ", by "
                + output.builder());
    }

    /** It ended with an error, whose cause may be one of the program. */
    void add(String what, StoreException failure) {
        add(what + ": " + failure.getMessage());
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            add("caused by " + cause);
            StackTraceElement[] frames =
                    cause instanceof IOException ? new StackTraceElement[0] : cause.getStackTrace();
            for (int i = 0; i < Math.min(frames.length, MAX_FRAMES); i++) {
                add("    at " + frames[i]);
            }
        }
    }

    /** The lines. */
    synchronized List<String> lines() {
        List<String> lines = new ArrayList<>(first);
        if (leftOut > 0) {
            lines.add("    (" + leftOut + " lines are left out)");
        }
        lines.addAll(last);
        return lines;
    }

    /** An internal key's user key, as text. */
    static String userKey(Slice internalKey) {
        byte[] key = internalKey.toByteArray();
        byte[] userKey = new byte[Math.max(0, key.length - InternalKey.TRAILER_LENGTH)];
        System.arraycopy(key, 0, userKey, 0, userKey.length);
        return Printable.bytes(userKey, MAX_KEY);
    }
}
