// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What pages tell, for programs. Keys are in snake case, what is not known is left out. */
public final class Json {
    /** The media type. */
    public static final String MEDIA_TYPE = "application/json";

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private Json() {}

    /** UTF-8 of views and maps. */
    public static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a view that can't be written: " + e.getOriginalMessage(), e);
        }
    }

    /** Figures by group and name, whole numbers without a fraction. */
    public static Map<String, Object> figures(List<FigureGroup> groups) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (FigureGroup group : groups) {
            Map<String, Object> figures = new LinkedHashMap<>();
            group.figures().forEach(figure -> figures.put(figure.name(), number(figure.value())));
            all.put(group.name(), figures);
        }
        return all;
    }

    private static Object number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
            return (long) value;
        }
        return value;
    }
}
