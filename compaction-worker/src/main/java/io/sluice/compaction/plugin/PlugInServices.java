// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.StoreException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds plug-ins as services: a jar names its classes in {@code META-INF/services/}, in files called like {@link
 * KeyComparator}, {@link MergeOperator} and {@link CompactionFilterFactory}, and gives each a public constructor without
 * parameters.
 */
public final class PlugInServices {
    private PlugInServices() {}

    /**
     * What is built in, and what the class path names as services: for all stores.
     *
     * @throws StoreException as {@code compaction.plug-in.load} and {@code compaction.plug-in.name}
     */
    public static PlugIns ofClassPath() throws StoreException {
        return find(PlugInServices.class.getClassLoader(), PlugIns.BUILT_IN, "the plug-ins on the worker's class path");
    }

    /**
     * The services that {@code loader} sees, and {@code base}, before which they go; only what is built in can't be
     * replaced, since files tell by those names how they are read.
     *
     * @param where they come from, for messages
     * @throws StoreException {@code compaction.plug-in.load} where one can't be loaded, {@code compaction.plug-in.name}
     *     where it has no name of its own
     */
    static PlugIns find(ClassLoader loader, PlugIns base, String where) throws StoreException {
        return new PlugIns(
                all(KeyComparator.class, KeyComparator::name, base.comparators(), loader, where),
                all(MergeOperator.class, MergeOperator::id, base.mergeOperators(), loader, where),
                all(
                        CompactionFilterFactory.class,
                        CompactionFilterFactory::name,
                        base.filterFactories(),
                        loader,
                        where));
    }

    private static <T> Map<String, T> all(
            Class<T> type, Function<T, @Nullable String> naming, Map<String, T> base, ClassLoader loader, String where)
            throws StoreException {
        Map<String, T> found = new HashMap<>(base);
        Set<String> names = new HashSet<>();
        try {
            for (T plugIn : ServiceLoader.load(type, loader)) {
                String name = naming.apply(plugIn);
                String what = type.getSimpleName() + " " + plugIn.getClass().getName();
                if (name == null || name.isEmpty()) {
                    throw PlugInErrors.name(where, what + " has no name");
                }
                if (isBuiltIn(name)) {
                    throw PlugInErrors.name(where, what + " takes the name " + name + ", which is built in");
                }
                if (!names.add(name)) {
                    throw PlugInErrors.name(where, what + " takes the name " + name + ", which another one has");
                }
                found.put(name, plugIn);
            }
        } catch (RuntimeException | Error e) { // whatever foreign code comes to while it is loaded
            throw PlugInErrors.load(where, PlugInErrors.told(e), e);
        }
        return found;
    }

    private static boolean isBuiltIn(String name) {
        return PlugIns.BUILT_IN.comparators().containsKey(name)
                || PlugIns.BUILT_IN.filterFactories().containsKey(name)
                || MergeOperators.builtIn(name) != null;
    }
}
