// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bench.common.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** A result as one JSON object, all of its rounds included. */
final class JsonReport {
    private static final Map<String, ToDoubleFunction<Measurement>> LATENCIES = latencies();

    private JsonReport() {}

    private static Map<String, ToDoubleFunction<Measurement>> latencies() {
        Map<String, ToDoubleFunction<Measurement>> figures = new LinkedHashMap<>();
        figures.put("p50_us", measurement -> measurement.percentileUs(50));
        figures.put("p90_us", measurement -> measurement.percentileUs(90));
        figures.put("p99_us", measurement -> measurement.percentileUs(99));
        figures.put("p999_us", measurement -> measurement.percentileUs(99.9));
        figures.put("max_us", measurement -> measurement.percentileUs(100));
        return figures;
    }

    static String write(Load load, Transports transport, Cores cores, Result result) throws JsonProcessingException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("benchmark", "transport");
        report.put("transport", transport.toString());
        report.put("mode", load.mode.toString());
        report.put("java", Runtime.version().toString());
        report.put("processors", Runtime.getRuntime().availableProcessors());
        report.put("pinned", cores.pinned());
        report.put("size", load.size());
        report.put("idle", load.idle.toString());
        report.put("driver", load.driver.toString());
        if (load.mode == Mode.RATE) {
            report.put("messages_per_second", load.rate);
        }
        if (load.mode.isOneSided()) {
            report.put("chunk", load.chunk());
            report.put("in_flight", load.inFlight);
        }
        List<Object> series = new ArrayList<>();
        for (String contender : result.contenders()) {
            series.add(series(load, result, contender));
        }
        report.put("results", series);
        return new ObjectMapper().writeValueAsString(report);
    }

    private static Map<String, Object> series(Load load, Result result, String contender) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("case", contender);
        Histogram histogram = result.histogram(contender);
        map.put("operations_per_second", spread(result.spread(contender, Measurement::operationsPerSecond)));
        if (!load.mode.isLatency()) {
            map.put(
                    "megabytes_per_second",
                    spread(result.spread(contender, run -> TableReport.megabytesPerSecond(run, load))));
        }
        if (load.mode.isLatency() && histogram != null) {
            LATENCIES.forEach((name, figure) -> map.put(name, spread(result.spread(contender, figure))));
        }
        for (String reference : result.contenders()) {
            if (!reference.equals(contender)) {
                map.put("ratio_to_" + reference, ratios(load, result, contender, reference));
            }
        }
        List<Object> rounds = new ArrayList<>();
        result.runs(contender).forEach(run -> rounds.add(round(load, run)));
        map.put("rounds", rounds);
        return map;
    }

    private static Map<String, Object> ratios(Load load, Result result, String contender, String reference) {
        Map<String, Object> map = new LinkedHashMap<>();
        if (load.mode.isLatency()) {
            LATENCIES.forEach((name, figure) -> map.put(name, spread(result.ratio(contender, reference, figure))));
        } else {
            map.put(
                    "operations_per_second",
                    spread(result.ratio(contender, reference, Measurement::operationsPerSecond)));
        }
        return map;
    }

    private static Map<String, Object> round(Load load, Contender.Run run) {
        Map<String, Object> map = new LinkedHashMap<>();
        Measurement client = run.client();
        map.put("operations", client.operations());
        put(map, "seconds", client.seconds());
        if (load.mode.isLatency()) {
            LATENCIES.forEach((name, figure) -> put(map, name, run.of(figure)));
        }
        put(map, "client_garbage_bytes_per_operation", client.garbagePerOperation());
        put(map, "server_garbage_bytes_per_operation", run.server().garbagePerOperation());
        return map;
    }

    private static Map<String, Object> spread(Spread spread) {
        Map<String, Object> map = new LinkedHashMap<>();
        put(map, "median", spread.median());
        put(map, "min", spread.min());
        put(map, "max", spread.max());
        return map;
    }

    /** What nobody knows, a NaN, is left out: JSON has none. */
    private static void put(Map<String, Object> map, String name, double value) {
        if (!Double.isNaN(value)) {
            map.put(name, Math.round(value * 1e4) / 1e4);
        }
    }
}
