// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/** Holds an engine to what a column family must hold: scans both ways, gets, a walk, and scans of prefixes. */
final class StoreCheck {
    private final Engine engine;
    private final Draw draw;

    StoreCheck(Engine engine, Draw draw) {
        this.engine = engine;
        this.draw = draw;
    }

    void check(FamilyPlan plan, NavigableMap<String, String> expected, @Nullable AutoCloseable snapshot)
            throws Exception {
        String name = plan.name();
        try (Engine.Cursor cursor = engine.cursor(name, snapshot)) {
            List<Map.Entry<String, String>> found = new ArrayList<>();
            for (cursor.seekToFirst(); cursor.isValid(); cursor.next()) {
                found.add(Map.entry(cursor.key(), cursor.value()));
            }
            assertSame(name + ", forward", found, expected);
            found.clear();
            for (cursor.seekToLast(); cursor.isValid(); cursor.prev()) {
                found.add(Map.entry(cursor.key(), cursor.value()));
            }
            assertSame(name + ", backward", found, expected.descendingMap());
            walk(cursor, plan, expected);
        }
        gets(plan, expected, snapshot);
        if (snapshot == null && !plan.reverse() && engine.prefixLength(name) > 0) {
            prefixes(plan, expected, engine.prefixLength(name));
        }
    }

    /** Tells the first difference: the whole would fill pages. */
    private static void assertSame(
            String what, List<Map.Entry<String, String>> found, NavigableMap<String, String> expected) {
        List<Map.Entry<String, String>> wanted = List.copyOf(expected.entrySet());
        for (int i = 0; i < Math.min(found.size(), wanted.size()); i++) {
            assertThat(found.get(i)).as("%s, entry %d", what, i).isEqualTo(wanted.get(i));
        }
        assertThat(found).as(what).hasSize(wanted.size());
    }

    private void gets(FamilyPlan plan, NavigableMap<String, String> expected, @Nullable AutoCloseable snapshot)
            throws Exception {
        List<String> keys = new ArrayList<>(plan.onceKeys());
        for (int i = 0; i < 40; i++) {
            keys.add(plan.target(draw));
        }
        List<@Nullable String> found = engine.get(plan.name(), keys, snapshot);
        for (int i = 0; i < keys.size(); i++) {
            assertThat(found.get(i))
                    .as("%s, get of %s", plan.name(), keys.get(i))
                    .isEqualTo(expected.get(keys.get(i)));
        }
    }

    private void walk(Engine.Cursor cursor, FamilyPlan plan, NavigableMap<String, String> expected) throws Exception {
        Map.@Nullable Entry<String, String> at = null;
        for (int i = 0; i < 20; i++) {
            String target = plan.target(draw);
            int move = at == null ? draw.between(0, 1) : draw.between(0, 5);
            if (move == 0) {
                cursor.seek(target);
                at = expected.ceilingEntry(target);
            } else if (move == 1) {
                cursor.seekForPrev(target);
                at = expected.floorEntry(target);
            } else if (at != null && move < 4) {
                cursor.next();
                at = expected.higherEntry(at.getKey());
            } else if (at != null) {
                cursor.prev();
                at = expected.lowerEntry(at.getKey());
            }
            assertThat(cursor.isValid()).as("%s, a walk", plan.name()).isEqualTo(at != null);
            if (at != null) {
                assertThat(Map.entry(cursor.key(), cursor.value()))
                        .as("%s, a walk", plan.name())
                        .isEqualTo(at);
            }
        }
    }

    /** Keys of a prefix stand together only where they are in bytewise order. */
    private void prefixes(FamilyPlan plan, NavigableMap<String, String> expected, int length) throws Exception {
        try (Engine.Cursor cursor = engine.prefixCursor(plan.name())) {
            for (int i = 0; i < 8; i++) {
                String target = plan.target(draw);
                if (target.length() < length) {
                    continue;
                }
                String prefix = target.substring(0, length);
                List<String> wanted = expected.tailMap(target, true).keySet().stream()
                        .takeWhile(key -> key.startsWith(prefix))
                        .toList();
                List<String> found = new ArrayList<>();
                for (cursor.seek(target); cursor.isValid() && cursor.key().startsWith(prefix); cursor.next()) {
                    found.add(cursor.key());
                }
                assertThat(found)
                        .as("%s, from %s in its prefix", plan.name(), target)
                        .isEqualTo(wanted);
            }
        }
    }
}
