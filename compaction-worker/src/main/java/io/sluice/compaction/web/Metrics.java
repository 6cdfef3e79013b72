// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/** Figures in Prometheus's text format. */
public final class Metrics {
    private static final PrometheusTextFormatWriter WRITER = PrometheusTextFormatWriter.create();

    private Metrics() {}

    /** The media type. */
    public static String mediaType() {
        return WRITER.getContentType();
    }

    /**
     * The text.
     *
     * @param prefix of all names, ends in {@code _}
     * @param worker stands in the metric {@code PREFIXinfo}, as do machine and release
     */
    public static byte[] write(String prefix, String worker, String host, String release, List<FigureGroup> groups) {
        return write(prefix, Labels.of("worker", worker, "host", host, "release", release), groups);
    }

    /** The same of a process that has no name. */
    public static byte[] write(String prefix, String release, List<FigureGroup> groups) {
        return write(prefix, Labels.of("release", release), groups);
    }

    private static byte[] write(String prefix, Labels who, List<FigureGroup> groups) {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        all.metricSnapshot(InfoSnapshot.builder()
                .name(prefix.substring(0, prefix.length() - 1))
                .help("Who tells this.")
                .dataPoint(InfoDataPointSnapshot.builder().labels(who).build())
                .build());
        groups.forEach(group -> group.figures().forEach(figure -> all.metricSnapshot(snapshot(prefix, figure))));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            WRITER.write(out, all.build());
        } catch (IOException e) {
            throw new AssertionError("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static MetricSnapshot snapshot(String prefix, Figure figure) {
        return switch (figure.kind()) {
            case COUNTER ->
                CounterSnapshot.builder()
                        .name(prefix + figure.name())
                        .help(figure.help())
                        .dataPoint(CounterDataPointSnapshot.builder()
                                .value(figure.value())
                                .build())
                        .build();
            case GAUGE ->
                GaugeSnapshot.builder()
                        .name(prefix + figure.name())
                        .help(figure.help())
                        .dataPoint(GaugeDataPointSnapshot.builder()
                                .value(figure.value())
                                .build())
                        .build();
        };
    }
}
