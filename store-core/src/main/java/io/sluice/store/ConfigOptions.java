// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import java.util.HashMap;
import java.util.Map;

/** How an OPTIONS file is understood: RocksDB's {@code ConfigOptions}. A value. */
public final class ConfigOptions {
    /** The defaults. */
    public static final ConfigOptions DEFAULT = builder().build();

    private final boolean ignoreUnknownOptions;
    private final boolean ignoreUnsupportedOptions;
    private final Map<String, KeyComparator> comparators;
    private final Map<String, MergeOperator> mergeOperators;
    private final Map<String, CompactionFilterFactory> compactionFilterFactories;

    private ConfigOptions(Builder builder) {
        this.ignoreUnknownOptions = builder.ignoreUnknownOptions;
        this.ignoreUnsupportedOptions = builder.ignoreUnsupportedOptions;
        this.comparators = Map.copyOf(builder.comparators);
        this.mergeOperators = Map.copyOf(builder.mergeOperators);
        this.compactionFilterFactories = Map.copyOf(builder.compactionFilterFactories);
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether names that neither Sluice nor RocksDB has are passed over. */
    public boolean ignoreUnknownOptions() {
        return ignoreUnknownOptions;
    }

    /** Whether values that Sluice cannot take are passed over. */
    public boolean ignoreUnsupportedOptions() {
        return ignoreUnsupportedOptions;
    }

    Map<String, KeyComparator> comparators() {
        return comparators;
    }

    Map<String, MergeOperator> mergeOperators() {
        return mergeOperators;
    }

    Map<String, CompactionFilterFactory> compactionFilterFactories() {
        return compactionFilterFactories;
    }

    /** Builds {@link ConfigOptions}. */
    public static final class Builder {
        private boolean ignoreUnknownOptions;
        private boolean ignoreUnsupportedOptions = true;
        private final Map<String, KeyComparator> comparators = new HashMap<>(Comparators.BUILT_IN);
        private final Map<String, MergeOperator> mergeOperators = new HashMap<>();
        private final Map<String, CompactionFilterFactory> compactionFilterFactories = new HashMap<>();

        private Builder() {}

        /**
         * {@code ignore_unknown_options}: passes over names that neither Sluice nor a release of RocksDB up to 11.8 has; false.
         * Those that RocksDB alone has are passed over in any case.
         */
        public Builder ignoreUnknownOptions(boolean value) {
            ignoreUnknownOptions = value;
            return this;
        }

        /**
         * {@code ignore_unsupported_options}: takes the nearest value, or the default, where Sluice cannot take the one that
         * stands there, as for an object that nobody registered; true.
         */
        public Builder ignoreUnsupportedOptions(boolean value) {
            ignoreUnsupportedOptions = value;
            return this;
        }

        /** Registers a comparator by its name; those of {@link Comparators} are. */
        public Builder comparator(KeyComparator comparator) {
            comparators.put(comparator.name(), comparator);
            return this;
        }

        /** Registers a merge operator by its name; those of {@link io.sluice.store.base.MergeOperators} are. */
        public Builder mergeOperator(MergeOperator operator) {
            mergeOperators.put(operator.name(), operator);
            return this;
        }

        /** Registers a compaction filter factory by its name. */
        public Builder compactionFilterFactory(CompactionFilterFactory factory) {
            compactionFilterFactories.put(factory.name(), factory);
            return this;
        }

        /** The options. */
        public ConfigOptions build() {
            return new ConfigOptions(this);
        }
    }
}
