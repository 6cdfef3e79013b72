// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The last line. */
final class Json {
    private Json() {}

    /** Of ours alone. */
    static String alone(List<Report> reports, Map<String, Long> flushesByBuilder) throws JsonProcessingException {
        Map<String, Object> json = head();
        json.put("results", reports.stream().map(Report::toJson).toList());
        json.put("flushes_by_builder", flushesByBuilder);
        return new ObjectMapper().writeValueAsString(json);
    }

    /** Of a comparison: {@code ratios} are to the first reference named. */
    static String compared(Comparison comparison, int rounds) throws JsonProcessingException {
        Map<String, Object> json = head();
        json.put("rounds", rounds);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put(Comparison.OURS, comparison.figures(Comparison.OURS));
        Map<String, Object> byReference = new LinkedHashMap<>();
        for (String reference : comparison.references()) {
            figures.put(reference, comparison.figures(reference));
            byReference.put(reference, rounded(comparison.ratios(reference)));
        }
        json.put("ops_per_sec", figures);
        json.put("ratios_by_reference", byReference);
        json.put("ratios", rounded(comparison.ratios(comparison.references().get(0))));
        return new ObjectMapper().writeValueAsString(json);
    }

    private static Map<String, Object> head() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("benchmark", "db");
        json.put("java", Runtime.version().toString());
        json.put("processors", Runtime.getRuntime().availableProcessors());
        return json;
    }

    private static Map<String, Object> rounded(Map<String, Double> ratios) {
        Map<String, Object> rounded = new LinkedHashMap<>();
        ratios.forEach((benchmark, ratio) -> rounded.put(benchmark, Report.rounded(ratio)));
        return rounded;
    }
}
