// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.TimeToLive;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a worker finds a job's plug-ins in, by name: a job names nothing else, no class least of all. A value.
 *
 * @param comparators by {@link KeyComparator#name}
 * @param mergeOperators by {@link MergeOperator#id}, beside RocksDB's own, which are always found
 * @param filterFactories by {@link CompactionFilterFactory#name}
 */
public record PlugIns(
        Map<String, KeyComparator> comparators,
        Map<String, MergeOperator> mergeOperators,
        Map<String, CompactionFilterFactory> filterFactories) {
    /** Those that every worker has. */
    public static final PlugIns BUILT_IN =
            new PlugIns(Comparators.BUILT_IN, Map.of(), Map.of(TimeToLive.FACTORY_NAME, TimeToLive.filterOfJobs()));

    /** Makes the maps unmodifiable. */
    public PlugIns {
        comparators = Map.copyOf(comparators);
        mergeOperators = Map.copyOf(mergeOperators);
        filterFactories = Map.copyOf(filterFactories);
    }

    KeyComparator comparator(String name) throws StoreException {
        KeyComparator comparator = comparators.get(name);
        if (comparator == null) {
            throw unknown("comparator", name, comparators.keySet());
        }
        return comparator;
    }

    MergeOperator mergeOperator(String id) throws StoreException {
        MergeOperator given = mergeOperators.get(id);
        MergeOperator operator = given == null ? MergeOperators.builtIn(id) : given;
        if (operator == null) {
            throw unknown("merge operator", id, mergeOperators.keySet());
        }
        return operator;
    }

    CompactionFilterFactory filterFactory(String name) throws StoreException {
        CompactionFilterFactory factory = filterFactories.get(name);
        if (factory == null) {
            throw unknown("compaction filter factory", name, filterFactories.keySet());
        }
        return factory;
    }

    private static StoreException unknown(String what, String name, Set<String> known) {
        return unknown(what, name, new TreeSet<>(known).toString());
    }

    static StoreException unknown(String what, String name, String known) {
        return new StoreException(
                Kind.NOT_SUPPORTED,
                "compaction.document.plug-in",
                "the job's " + what + " " + name + " is not known here; known are " + known
                        + ": give the worker the plug-in");
    }
}
