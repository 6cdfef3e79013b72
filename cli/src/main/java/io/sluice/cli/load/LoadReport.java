// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.config.ByteSize;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a load did. Its JSON form has these names in snake case.
 *
 * @param storage the URI of the store's directory
 * @param writes puts that returned
 * @param bytesWritten bytes of their keys and values
 * @param writeSeconds from the first put to the last, s
 * @param writesPerSecond puts a second, of all writers together
 * @param verified keys read back with their last value
 * @param missing keys not found
 * @param wrong keys with another value
 * @param putP50Us median latency of a put, µs
 * @param putP99Us of 100 puts, all but one were not slower, µs
 * @param putP999Us of 1,000, µs
 * @param putMaxUs the slowest put, µs
 * @param getP50Us median latency of a get while reading back, µs
 * @param getP99Us of 100, µs
 * @param getP999Us of 1,000, µs
 * @param getMaxUs the slowest get, µs
 * @param remoteFlushes flushes that workers built
 * @param localFlushes flushes built in this process
 * @param localReasons local flushes by why they were not remote
 * @param flushTriggers flushes by why they were begun
 * @param flushesFailed attempts that failed and were repeated
 * @param bytesShipped bytes of memtables written to memnodes
 * @param transports what data go by to each memnode that is connected at the end: {@code rdma}, or {@code tcp} and why
 * @param shippedBy bytes shipped by what carried them
 * @param readBy bytes that workers read from memnodes by what carried them
 * @param workers jobs by worker
 * @param sstBuilders SSTs in the store by who built them, as their properties say
 * @param sstBytes bytes of SSTs installed by this load
 * @param compactions compactions by who ran them, without those that only move files
 * @param stalledMillis time that writers waited for flushes, summed over them, ms
 */
public record LoadReport(
        String storage,
        long writes,
        long bytesWritten,
        double writeSeconds,
        long writesPerSecond,
        long verified,
        long missing,
        long wrong,
        double putP50Us,
        double putP99Us,
        double putP999Us,
        double putMaxUs,
        double getP50Us,
        double getP99Us,
        double getP999Us,
        double getMaxUs,
        long remoteFlushes,
        long localFlushes,
        Map<String, Long> localReasons,
        Map<String, Long> flushTriggers,
        long flushesFailed,
        long bytesShipped,
        Map<String, String> transports,
        Map<String, Long> shippedBy,
        Map<String, Long> readBy,
        Map<String, Long> workers,
        Map<String, Long> sstBuilders,
        long sstBytes,
        Map<String, Long> compactions,
        long stalledMillis) {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** One JSON object on one line. */
    public String toJson() {
        try {
            return MAPPER.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads what {@link #toJson} wrote. */
    public static LoadReport fromJson(String json) throws JsonProcessingException {
        return MAPPER.readValue(json, LoadReport.class);
    }

    /** The same, with workers that built nothing at 0. */
    public LoadReport withWorkers(Iterable<String> names) {
        Map<String, Long> all = new TreeMap<>(workers);
        names.forEach(name -> all.putIfAbsent(name, 0L));
        return new LoadReport(
                storage,
                writes,
                bytesWritten,
                writeSeconds,
                writesPerSecond,
                verified,
                missing,
                wrong,
                putP50Us,
                putP99Us,
                putP999Us,
                putMaxUs,
                getP50Us,
                getP99Us,
                getP999Us,
                getMaxUs,
                remoteFlushes,
                localFlushes,
                localReasons,
                flushTriggers,
                flushesFailed,
                bytesShipped,
                transports,
                shippedBy,
                readBy,
                all,
                sstBuilders,
                sstBytes,
                compactions,
                stalledMillis);
    }

    /** Whether nothing that was read back was missing or wrong. */
    public boolean intact() {
        return missing == 0 && wrong == 0;
    }

    /** Prints it for people. */
    public void print(PrintWriter out) {
        row(
                out,
                "writes",
                "%,d in %.1f s: %,d/s, %s",
                writes,
                writeSeconds,
                writesPerSecond,
                ByteSize.approximate((double) bytesWritten));
        row(out, "put", latencies(putP50Us, putP99Us, putP999Us, putMaxUs));
        row(out, "get", latencies(getP50Us, getP99Us, getP999Us, getMaxUs));
        row(out, "stalls", "%,d ms of waiting for flushes, over all writers", stalledMillis);
        row(out, "flushes", "%d remote, %d local%s", remoteFlushes, localFlushes, reasons());
        row(out, "", "begun by %s; %d failed and repeated", counts(flushTriggers), flushesFailed);
        row(
                out,
                "shipped",
                "%s of memtables to memnodes%s, read by workers%s",
                ByteSize.approximate((double) bytesShipped),
                by(shippedBy),
                by(readBy));
        if (!transports.isEmpty()) {
            row(out, "data by", "%s", texts(transports));
        }
        row(out, "workers", "%s", workers.isEmpty() ? "none took a job" : counts(workers));
        row(
                out,
                "SSTs",
                "%s, %s; built by %s",
                sstBuilders.values().stream().mapToLong(Long::longValue).sum(),
                ByteSize.approximate((double) sstBytes),
                counts(sstBuilders));
        if (!compactions.isEmpty()) {
            row(out, "compacted", "%s", counts(compactions));
        }
        row(out, "storage", "%s", storage);
        row(out, "verified", "%,d right, %,d missing, %,d wrong", verified, missing, wrong);
        out.flush();
    }

    private String reasons() {
        return localReasons.isEmpty() ? "" : " (" + counts(localReasons) + ")";
    }

    private static String by(Map<String, Long> transports) {
        return transports.isEmpty() ? "" : " by " + String.join(" and ", new TreeMap<>(transports).keySet());
    }

    private static String texts(Map<String, String> texts) {
        return new TreeMap<>(texts)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + entry.getValue())
                        .collect(Collectors.joining("; "));
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String latencies(double p50, double p99, double p999, double max) {
        return String.format(
                Locale.ROOT, "p50 %.1f µs, p99 %.1f µs, p99.9 %.1f µs, longest %.1f µs", p50, p99, p999, max);
    }

    private static void row(PrintWriter out, String name, String format, Object... values) {
        out.println("  " + String.format(Locale.ROOT, "%-9s", name)
                + (values.length == 0 ? format : String.format(Locale.ROOT, format, values)));
    }
}
