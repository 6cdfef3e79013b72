// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Latencies by percentile as an SVG picture, a line for each case: to the right one nine more at each step, upwards
 * microseconds, on a logarithmic scale.
 */
final class Plot {
    private static final int WIDTH = 800;
    private static final int HEIGHT = 450;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 40;
    private static final int BOTTOM = 50;
    private static final int NINES = 5;
    private static final int STEPS = 40;
    private static final double NS_PER_US = 1e3;
    private static final List<String> COLOURS = List.of("#1f6fb4", "#d9541e", "#3a923a", "#8452a1", "#7f7f7f");

    private final StringBuilder svg = new StringBuilder();
    private final double lowest;
    private final double highest;

    private Plot(Map<String, Histogram> histograms) {
        lowest = Math.log10(histograms.values().stream()
                        .mapToDouble(histogram -> Math.max(1, histogram.getMinValue()))
                        .min()
                        .orElseThrow()
                / NS_PER_US);
        double most = Math.log10(histograms.values().stream()
                        .mapToDouble(histogram -> histogram.getValueAtPercentile(percentile(NINES)))
                        .max()
                        .orElseThrow()
                / NS_PER_US);
        highest = Math.max(most, lowest + 0.1);
    }

    /** Draws it; at least one histogram, in ns. */
    static String draw(String title, Map<String, Histogram> histograms) {
        return new Plot(histograms).drawAll(title, histograms);
    }

    /** 0 is the 0th percentile, 1 the 90th, 2 the 99th. */
    private static double percentile(double nines) {
        return 100 * (1 - Math.pow(10, -nines));
    }

    private static double x(double nines) {
        return LEFT + nines / NINES * (WIDTH - LEFT - RIGHT);
    }

    private double y(double us) {
        double share = (Math.log10(Math.max(us, 1e-3)) - lowest) / (highest - lowest);
        return HEIGHT - BOTTOM - Math.min(1, Math.max(0, share)) * (HEIGHT - TOP - BOTTOM);
    }

    private String drawAll(String title, Map<String, Histogram> histograms) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, HEIGHT);
        add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, HEIGHT);
        text(WIDTH / 2.0, TOP / 2.0, "middle", title);
        drawGrid();
        int index = 0;
        for (Map.Entry<String, Histogram> each : histograms.entrySet()) {
            String colour = COLOURS.get(index % COLOURS.size());
            drawLine(each.getValue(), colour);
            double at = TOP + 16.0 * ++index;
            add(
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"/>",
                    LEFT + 12, LEFT + 32, at - 4, at - 4, colour);
            text(LEFT + 38, at, "start", each.getKey());
        }
        return svg.append("</svg>\n").toString();
    }

    private void drawGrid() {
        for (int nines = 0; nines <= NINES; nines++) {
            rule(x(nines), x(nines), TOP, HEIGHT - BOTTOM);
            text(x(nines), HEIGHT - BOTTOM + 18.0, "middle", nines == 0 ? "0 %" : trimmed(percentile(nines)) + " %");
        }
        for (double us : ticks()) {
            rule(LEFT, WIDTH - RIGHT, y(us), y(us));
            text(LEFT - 6.0, y(us) + 4, "end", trimmed(us));
        }
        text(LEFT, TOP - 8.0, "middle", "µs");
        text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10.0, "middle", "of the operations took no longer");
    }

    private List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        for (int power = (int) Math.floor(lowest); power <= highest; power++) {
            for (int digit : new int[] {1, 2, 5}) {
                double us = digit * Math.pow(10, power);
                if (Math.log10(us) >= lowest && Math.log10(us) <= highest) {
                    ticks.add(us);
                }
            }
        }
        return ticks;
    }

    private void drawLine(Histogram histogram, String colour) {
        StringBuilder points = new StringBuilder();
        for (int step = 0; step <= NINES * STEPS; step++) {
            double nines = (double) step / STEPS;
            double us = histogram.getValueAtPercentile(percentile(nines)) / NS_PER_US;
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(nines), y(us)));
        }
        add(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>",
                colour, points.toString().strip());
    }

    private void rule(double x1, double x2, double y1, double y2) {
        add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", x1, x2, y1, y2);
    }

    private void text(double x, double y, String anchor, String words) {
        String escaped = words.replace("&", "&amp;").replace("<", "&lt;");
        add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y, anchor, escaped);
    }

    private static String trimmed(double value) {
        return String.format(Locale.ROOT, "%.4g", value)
                .replaceAll("(\\.\\d*?)0+$", "$1")
                .replaceAll("\\.$", "");
    }

    private void add(String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
