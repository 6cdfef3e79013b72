// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a column family of a random store keeps for life.
 *
 * @param reverse whether its comparator is RocksDB's reverse one
 * @param mergeOperator RocksDB's short name of its merge operator, or empty for none
 * @param keys what is written to it
 * @param onceKeys what is put once and single-deleted in turn
 */
record FamilyPlan(
        String name, boolean reverse, String mergeOperator, int numLevels, List<String> keys, List<String> onceKeys) {
    /** The operator whose values are numbers. */
    static final String COUNTER = "uint64add";

    private static final List<String> ALPHABETS =
            List.of("ab", "\u0000\u0001\u007f\u00fe\u00ff", "abcdefghij0123456789");

    static FamilyPlan of(String name, Draw draw) {
        String operator = draw.oneOf("stringappend", "stringappend", "stringappend", COUNTER, "max", "put");
        return new FamilyPlan(
                name,
                draw.once(5),
                operator,
                draw.between(3, 7),
                keys(draw, ""),
                keys(draw, "once-").subList(0, 4));
    }

    /** One that RocksDB's tools read without being told anything. */
    static FamilyPlan plain(String name, Draw draw) {
        return new FamilyPlan(
                name, false, "", 7, keys(draw, ""), keys(draw, "once-").subList(0, 4));
    }

    Comparator<String> order() {
        return reverse ? Comparator.reverseOrder() : Comparator.naturalOrder();
    }

    /** A key of the plan, or a neighbour of one. */
    String target(Draw draw) {
        String key = draw.oneOf(draw.once(8) ? onceKeys : keys);
        return draw.coin() ? key : draw.coin() ? key + '\u0000' : key.substring(0, draw.between(0, key.length()));
    }

    private static List<String> keys(Draw draw, String start) {
        List<String> prefixes = new ArrayList<>();
        String alphabet = draw.oneOf(ALPHABETS);
        for (int i = draw.between(1, 8); i >= 0; i--) {
            prefixes.add(draw.text(alphabet, draw.between(0, 6)));
        }
        Set<String> keys = new TreeSet<>();
        int count = draw.once(6) ? 1500 : draw.between(10, 200);
        for (int i = 0; i < count; i++) {
            int length = draw.once(60) ? draw.between(200, 3000) : draw.between(0, 12);
            keys.add(start + draw.oneOf(prefixes) + draw.text(alphabet, length));
        }
        for (int i = 0; keys.size() < 8; i++) {
            keys.add(start + "more " + i);
        }
        return List.copyOf(keys);
    }
}
