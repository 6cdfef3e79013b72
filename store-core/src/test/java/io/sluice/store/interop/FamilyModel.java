// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** What a column family must hold, and the random writes that make it so. */
final class FamilyModel {
    private final FamilyPlan plan;
    private final NavigableMap<String, String> content;
    private final Set<String> putOnce = new HashSet<>();

    FamilyModel(FamilyPlan plan) {
        this.plan = plan;
        this.content = new TreeMap<>(plan.order());
    }

    FamilyPlan plan() {
        return plan;
    }

    /** What is in it now: a view. */
    NavigableMap<String, String> content() {
        return content;
    }

    /** Draws a write. */
    Write draw(Draw draw) {
        int kind = draw.between(0, 99);
        String name = plan.name();
        if (kind < 10) {
            String key = draw.oneOf(plan.onceKeys());
            return putOnce.contains(key)
                    ? new Write(Write.Kind.SINGLE_DELETE, name, key, "")
                    : new Write(Write.Kind.PUT, name, key, value(draw));
        }
        String key = draw.oneOf(plan.keys());
        if (kind < 25) {
            return new Write(Write.Kind.DELETE, name, key, "");
        } else if (kind < 40 && !plan.mergeOperator().isEmpty()) {
            return new Write(Write.Kind.MERGE, name, key, value(draw));
        } else if (kind < 43) {
            String other = draw.oneOf(plan.keys());
            boolean inOrder = plan.order().compare(key, other) <= 0;
            return new Write(Write.Kind.DELETE_RANGE, name, inOrder ? key : other, inOrder ? other : key);
        }
        return new Write(Write.Kind.PUT, name, key, value(draw));
    }

    /** Does a write. */
    void apply(Write write) {
        String key = write.key();
        switch (write.kind()) {
            case PUT -> {
                content.put(key, write.value());
                if (plan.onceKeys().contains(key)) {
                    putOnce.add(key);
                }
            }
            case DELETE -> content.remove(key);
            case SINGLE_DELETE -> {
                content.remove(key);
                putOnce.remove(key);
            }
            case MERGE -> content.merge(key, write.value(), this::merge);
            case DELETE_RANGE -> content.subMap(key, write.value()).clear();
        }
    }

    private String merge(String old, String operand) {
        return switch (plan.mergeOperator()) {
            case "stringappend" -> old + "," + operand;
            case "max" -> old.compareTo(operand) >= 0 ? old : operand;
            case FamilyPlan.COUNTER -> number(number(old) + number(operand));
            default -> operand;
        };
    }

    /** A value, or an operand, of its kind. */
    String value(Draw draw) {
        if (plan.mergeOperator().equals(FamilyPlan.COUNTER)) {
            return draw.bytes(8);
        }
        if (draw.once(4)) {
            return draw.bytes(draw.once(10) ? draw.between(0, 6000) : draw.between(0, 100));
        }
        return draw.text("aaaaabcd", draw.once(20) ? draw.between(0, 6000) : draw.between(0, 80));
    }

    private static long number(String value) {
        return ByteBuffer.wrap(Draw.bytes(value)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static String number(long value) {
        byte[] bytes = new byte[8];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        return Draw.string(bytes);
    }
}
