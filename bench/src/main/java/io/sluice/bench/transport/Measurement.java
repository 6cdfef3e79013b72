// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One run, as one side saw it.
 *
 * @param operations round trips, messages or blocks
 * @param seconds that they took
 * @param garbage bytes that the side's thread allocated on the heap meanwhile; -1 where nobody knows
 * @param histogram ns of each operation; null where nobody knows
 */
record Measurement(
        long operations,
        double seconds,
        long garbage,
        @Nullable Histogram histogram) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final double NS_PER_US = 1e3;

    double operationsPerSecond() {
        return operations / seconds;
    }

    double garbagePerOperation() {
        return garbage < 0 || operations == 0 ? Double.NaN : (double) garbage / operations;
    }

    /** Microseconds that so many of 100 operations did not exceed; NaN where nobody knows. */
    double percentileUs(double percentile) {
        return histogram == null ? Double.NaN : histogram.getValueAtPercentile(percentile) / NS_PER_US;
    }

    /** As a line. */
    String write() {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("operations", operations).put("seconds", seconds).put("garbage", garbage);
        if (histogram != null) {
            ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
            int length = histogram.encodeIntoCompressedByteBuffer(buffer);
            byte[] bytes = new byte[length];
            buffer.get(0, bytes);
            node.put("histogram", Base64.getEncoder().encodeToString(bytes));
        }
        return node.toString();
    }

    /**
     * Reads what {@link #write} wrote, or less of it.
     *
     * @throws IllegalArgumentException where it is something else
     */
    static Measurement read(String line) {
        try {
            JsonNode node = MAPPER.readTree(line);
            String encoded = node.path("histogram").asText("");
            Histogram histogram = encoded.isEmpty()
                    ? null
                    : Histogram.decodeFromCompressedByteBuffer(
                            ByteBuffer.wrap(Base64.getDecoder().decode(encoded)), 0);
            return new Measurement(
                    node.required("operations").asLong(),
                    node.required("seconds").asDouble(),
                    node.path("garbage").asLong(-1),
                    histogram);
        } catch (JsonProcessingException | DataFormatException e) {
            throw new IllegalArgumentException("not a measurement: " + line, e);
        }
    }
}
