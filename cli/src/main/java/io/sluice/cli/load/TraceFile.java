// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.cli.command.CommandFailure;
import io.sluice.flush.generator.FlushTrace;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the way of each flush as one JSON object on a line. Safe for concurrent use. */
public final class TraceFile implements AutoCloseable {
    private static final JsonMapper MAPPER = new JsonMapper();

    @GuardedBy("this")
    private final BufferedWriter out;

    private TraceFile(BufferedWriter out) {
        this.out = out;
    }

    /** Makes the file, or empties it. */
    public static TraceFile create(Path path) throws CommandFailure {
        try {
            return new TraceFile(Files.newBufferedWriter(path));
        } catch (IOException e) {
            throw new CommandFailure("--trace " + path + ": can't be written: " + e, e);
        }
    }

    /** Adds a flush. */
    public synchronized void add(FlushTrace trace) {
        try {
            out.write(line(trace));
            out.newLine();
        } catch (IOException e) {
            throw new UncheckedIOException("the trace can't be written", e);
        }
    }

    static String line(FlushTrace trace) throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("database", trace.id().database());
        fields.put("epoch", trace.id().epoch());
        fields.put("column_family", trace.id().columnFamily());
        fields.put("memtable", trace.id().memtable());
        fields.put("builder", trace.builder());
        fields.put("installed", trace.installed());
        fields.put("attempts", trace.attempts());
        fields.put("local_reason", lower(trace.localReason()));
        fields.put("memnode", trace.memnode());
        fields.put(
                "shipped_by",
                trace.shippedBy() == null ? null : trace.shippedBy().name());
        fields.put(
                "no_rdma_reason",
                trace.shippedBy() == null ? null : trace.shippedBy().reason());
        fields.put("read_by", trace.readBy());
        fields.put("bytes_shipped", trace.bytesShipped());
        fields.put("placed_ns", trace.placedNanos());
        fields.put("shipped_ns", trace.shippedNanos());
        fields.put("built_ns", trace.builtNanos());
        fields.put("settled_ns", trace.settledNanos());
        return MAPPER.writeValueAsString(fields);
    }

    private static @Nullable String lower(@Nullable Enum<?> reason) {
        return reason == null ? null : reason.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public synchronized void close() throws IOException {
        out.close();
    }
}
