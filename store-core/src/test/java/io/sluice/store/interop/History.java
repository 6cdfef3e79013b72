// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** What is done to a store: random writes, flushes, compactions, snapshots, column families; and what it must hold then. */
final class History {
    private static final int MAX_FAMILIES = 5;
    private static final int MAX_SNAPSHOTS = 4;

    private final Draw draw;
    private final Path root;
    private final BiFunction<String, Draw, FamilyPlan> plans;
    private final Map<String, FamilyModel> families = new LinkedHashMap<>();
    private int named;
    private int files;

    /** A snapshot, and what each column family held then. */
    private record Past(AutoCloseable snapshot, Map<FamilyModel, NavigableMap<String, String>> contents) {}

    /** A history of one to four column families; files to ingest are made in {@code root}. */
    History(Draw draw, Path root, BiFunction<String, Draw, FamilyPlan> plans) {
        this.draw = draw;
        this.root = root;
        this.plans = plans;
        add(plans.apply("default", draw));
        for (int i = draw.between(0, 3); i > 0; i--) {
            add(nextPlan());
        }
    }

    /** The column families that the store has now. */
    List<FamilyPlan> plans() {
        return families.values().stream().map(FamilyModel::plan).toList();
    }

    /** Their names. */
    List<String> names() {
        return List.copyOf(families.keySet());
    }

    /** What each must hold. */
    FamilyModel model(String family) {
        return Objects.requireNonNull(families.get(family));
    }

    /** Does random steps, and looks at all that there is then. Some writes are not logged where {@code log} is not set. */
    void goOn(Engine engine, int steps, boolean log) throws Exception {
        List<Past> pasts = new ArrayList<>();
        try {
            for (int i = 0; i < steps; i++) {
                step(engine, pasts, log);
            }
            check(engine);
            checkPasts(engine, pasts);
        } finally {
            for (Past past : pasts) {
                past.snapshot().close();
            }
        }
    }

    private FamilyPlan nextPlan() {
        return plans.apply("family " + ++named, draw);
    }

    private void add(FamilyPlan plan) {
        families.put(plan.name(), new FamilyModel(plan));
    }

    /** Holds an engine to all that was written. */
    void check(Engine engine) throws Exception {
        StoreCheck check = new StoreCheck(engine, draw);
        for (FamilyModel family : families.values()) {
            check.check(family.plan(), family.content(), null);
        }
    }

    private void checkPasts(Engine engine, List<Past> pasts) throws Exception {
        StoreCheck check = new StoreCheck(engine, draw);
        for (Past past : pasts) {
            for (Map.Entry<FamilyModel, NavigableMap<String, String>> content :
                    past.contents().entrySet()) {
                FamilyPlan plan = content.getKey().plan();
                if (families.get(plan.name()) == content.getKey()) { // else dropped
                    check.check(plan, content.getValue(), past.snapshot());
                }
            }
        }
    }

    private void step(Engine engine, List<Past> pasts, boolean log) throws Exception {
        FamilyModel family = draw.oneOf(List.copyOf(families.values()));
        String name = family.plan().name();
        int kind = draw.between(0, 199);
        if (kind < 6) {
            engine.flush(draw.coin() ? List.of(name) : names());
        } else if (kind == 6) {
            engine.compact(name, null, null);
        } else if (kind == 7) {
            String one = draw.oneOf(family.plan().keys());
            String other = draw.oneOf(family.plan().keys());
            boolean inOrder = family.plan().order().compare(one, other) <= 0;
            engine.compact(name, inOrder ? one : other, inOrder ? other : one);
        } else if (kind < 12 && pasts.size() < MAX_SNAPSHOTS) {
            Map<FamilyModel, NavigableMap<String, String>> contents = new LinkedHashMap<>();
            families.values().forEach(now -> contents.put(now, new TreeMap<>(now.content())));
            pasts.add(new Past(engine.snapshot(), contents));
        } else if (kind < 15 && !pasts.isEmpty()) {
            pasts.remove(draw.between(0, pasts.size() - 1)).snapshot().close();
        } else if (kind == 15) {
            checkPasts(engine, pasts);
        } else if (kind == 16 && families.size() < MAX_FAMILIES) {
            FamilyPlan plan = nextPlan();
            engine.createFamily(plan);
            add(plan);
        } else if (kind == 17 && !name.equals("default") && draw.once(3)) {
            engine.dropFamily(name);
            families.remove(name);
        } else if (kind == 18) {
            ingest(engine, family);
        } else {
            write(engine, log || !draw.once(6));
        }
    }

    private void write(Engine engine, boolean log) throws Exception {
        List<FamilyModel> all = List.copyOf(families.values());
        List<Write> batch = new ArrayList<>();
        for (int count = draw.coin() ? 1 : draw.between(2, 30); count > 0; count--) {
            FamilyModel family = draw.oneOf(all);
            Write write = family.draw(draw);
            family.apply(write);
            batch.add(write);
        }
        engine.write(batch, draw.once(10), log);
    }

    private void ingest(Engine engine, FamilyModel family) throws Exception {
        NavigableMap<String, Write> puts = new TreeMap<>(family.plan().order());
        for (int count = draw.between(1, 20); count > 0; count--) {
            String key = draw.oneOf(family.plan().keys());
            puts.put(key, new Write(Write.Kind.PUT, family.plan().name(), key, family.value(draw)));
        }
        Path file = root.resolve("ingested-" + files++);
        if (engine.ingest(family.plan().name(), List.copyOf(puts.values()), file)) {
            puts.values().forEach(family::apply);
        }
    }
}
