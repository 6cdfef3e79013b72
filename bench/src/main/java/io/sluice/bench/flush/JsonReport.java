// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bench.common.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A result as one JSON object, all of its rounds included. */
final class JsonReport {
    private JsonReport() {}

    static String write(Result result) throws JsonProcessingException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("benchmark", "flush");
        report.put("java", Runtime.version().toString());
        report.put("processors", Runtime.getRuntime().availableProcessors());
        Result.Cold cold = result.cold();
        if (cold != null) {
            Map<String, Object> first = new LinkedHashMap<>();
            first.put("case", cold.name());
            first.put("writers", cold.writers());
            first.put("puts_per_second", Math.round(cold.putsPerSecond()));
            report.put("cold", first);
        }
        List<Object> series = new ArrayList<>();
        for (Load load : result.loads()) {
            for (Contender contender : result.contenders()) {
                series.add(series(result, contender, load));
            }
        }
        report.put("load", load(result.loads().get(0)));
        report.put("results", series);
        return new ObjectMapper().writeValueAsString(report);
    }

    private static Map<String, Object> load(Load load) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("num", load.num());
        map.put("key_size", load.keySize());
        map.put("value_size", load.valueSize());
        map.put("column_families", load.columnFamilies());
        map.put("compression", load.compression().rocksName());
        map.put("write_buffer_size", load.writeBufferSize());
        map.put("max_write_buffer_number", load.maxWriteBufferNumber());
        map.put("db_write_buffer_size", load.dbWriteBufferSize());
        map.put("delayed_write_rate", load.delayedWriteRate());
        map.put("max_background_flushes", load.maxBackgroundFlushes());
        map.put("bloom_bits", load.bloomBits());
        return map;
    }

    private static Map<String, Object> series(Result result, Contender contender, Load load) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("case", contender.name());
        map.put("writers", load.writers());
        map.put("puts", load.puts());
        map.put("puts_per_second", spread(result.spread(contender, load, Measurement::putsPerSecond), 0));
        map.put(
                "puts_per_second_flushed",
                spread(result.spread(contender, load, Measurement::putsPerSecondFlushed), 0));
        map.put("put_p50_us", spread(result.spread(contender, load, Measurement::p50Us), 2));
        map.put("put_p99_us", spread(result.spread(contender, load, Measurement::p99Us), 2));
        map.put("put_p999_us", spread(result.spread(contender, load, Measurement::p999Us), 2));
        map.put("cpu_us_per_put", spread(result.spread(contender, load, Measurement::cpuUsPerPut), 3));
        for (Contender reference : result.references()) {
            if (!reference.equals(contender)) {
                String name = "ratio_to_" + reference.name();
                map.put(name, spread(result.ratio(contender, reference, load, Measurement::putsPerSecond), 3));
                map.put(
                        name + "_flushed",
                        spread(result.ratio(contender, reference, load, Measurement::putsPerSecondFlushed), 3));
            }
        }
        List<Object> rounds = new ArrayList<>();
        for (Measurement measurement : result.measurements(contender, load)) {
            rounds.add(round(measurement));
        }
        map.put("rounds", rounds);
        return map;
    }

    private static Map<String, Object> round(Measurement measurement) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("put_seconds", rounded(measurement.putSeconds(), 3));
        map.put("flushed_seconds", rounded(measurement.flushedSeconds(), 3));
        map.put("cpu_seconds", rounded(measurement.cpuSeconds(), 3));
        Verification verification = measurement.verification();
        if (verification != null) {
            map.put("entries_verified", verification.entries());
        }
        map.putAll(measurement.details());
        return map;
    }

    private static Map<String, Object> spread(Spread spread, int digits) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("median", rounded(spread.median(), digits));
        map.put("min", rounded(spread.min(), digits));
        map.put("max", rounded(spread.max(), digits));
        return map;
    }

    private static Number rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        double rounded = Math.round(value * scale) / scale;
        return digits == 0 ? (Number) (long) rounded : (Number) rounded;
    }
}
