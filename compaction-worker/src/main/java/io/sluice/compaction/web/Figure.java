// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.regex.Pattern;

/**
 * One number that a page, its JSON and the metrics tell alike. A value.
 *
 * @param name in JSON, and in the metrics behind their prefix: {@code [a-z_]}, by Prometheus's rules for names, without
 *     {@code _total}
 * @param kind whether it only grows
 * @param unit what it counts
 * @param label on the page
 * @param help what it means, one sentence
 * @param value the number
 */
public record Figure(String name, Kind kind, Unit unit, String label, String help, double value) {
    private static final Pattern NAME = Pattern.compile("[a-z]+(_[a-z]+)*");

    /** As Prometheus tells them apart. */
    public enum Kind {
        /** Only grows, until the process ends. */
        COUNTER,
        /** Comes and goes. */
        GAUGE
    }

    /** What is counted. */
    public enum Unit {
        /** Things. */
        COUNT,
        /** Bytes. */
        BYTES,
        /** Seconds. */
        SECONDS
    }

    /** Checks the name. */
    public Figure {
        if (!NAME.matcher(name).matches() || name.endsWith("_total")) {
            throw new IllegalArgumentException("no name of a figure: " + name);
        }
    }

    /** Something that comes and goes. */
    public static Figure gauge(String name, Unit unit, String label, String help, double value) {
        return new Figure(name, Kind.GAUGE, unit, label, help, value);
    }

    /** Something that only grows. */
    public static Figure counter(String name, Unit unit, String label, String help, double value) {
        return new Figure(name, Kind.COUNTER, unit, label, help, value);
    }

    /** {@link #gauge(String, Unit, String, String, double)} of a whole number, exact up to 2^53. */
    public static Figure gauge(String name, Unit unit, String label, String help, long value) {
        return gauge(name, unit, label, help, (double) value);
    }

    /** {@link #counter(String, Unit, String, String, double)} of a whole number, exact up to 2^53. */
    public static Figure counter(String name, Unit unit, String label, String help, long value) {
        return counter(name, unit, label, help, (double) value);
    }

    /** For people. */
    public String shown() {
        return switch (unit) {
            case COUNT -> Units.count((long) value);
            case BYTES -> Units.size((long) value);
            case SECONDS -> Units.span((long) (value * 1000));
        };
    }
}
