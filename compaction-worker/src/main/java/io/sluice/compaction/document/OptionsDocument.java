// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.engine.OptionEnums;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableOptions;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What decides the bytes of the outputs, by RocksDB's names and, where it has names for values, by these: {@link
 * TableOptions}.
 *
 * @param comparator by its name
 * @param mergeOperator by its {@link MergeOperator#id}
 * @param prefixExtractor by its name
 * @param compression such as {@code kSnappyCompression}
 * @param compressionOpts of the algorithm
 * @param blockSize bytes
 * @param blockSizeDeviation per cent
 * @param blockRestartInterval entries
 * @param indexBlockRestartInterval entries
 * @param formatVersion of the table files
 * @param filterPolicy such as {@code bloomfilter:10:false}, absent for none
 * @param wholeKeyFiltering whether whole keys enter the filter
 */
public record OptionsDocument(
        String comparator,
        @MayBeAbsent @Nullable String mergeOperator,
        @MayBeAbsent @Nullable String prefixExtractor,
        String compression,
        CompressionOptions compressionOpts,
        int blockSize,
        int blockSizeDeviation,
        int blockRestartInterval,
        int indexBlockRestartInterval,
        int formatVersion,
        @MayBeAbsent @Nullable String filterPolicy,
        boolean wholeKeyFiltering) {
    private static final Pattern BLOOM = Pattern.compile("bloomfilter:([0-9]{1,3}(?:\\.[0-9]{1,20})?):false");
    private static final double MAX_BITS = 100;

    /**
     * RocksDB's {@code CompressionOptions}, so far as they are known here.
     *
     * @param level the algorithm's own, or 32767 for its default
     */
    public record CompressionOptions(int level) {}

    /** Checks names and ranges. */
    public OptionsDocument {
        Check.name("comparator", comparator);
        if (mergeOperator != null) {
            Check.name("merge_operator", mergeOperator);
        }
        if (prefixExtractor != null) {
            Check.name("prefix_extractor", prefixExtractor);
        }
        if (!OptionEnums.COMPRESSIONS.containsKey(compression)) {
            throw new IllegalArgumentException(
                    "compression is none of " + new TreeSet<>(OptionEnums.COMPRESSIONS.keySet()));
        }
        double unused = bits(filterPolicy);
        TableOptions unusedToo = new TableOptions( // which checks the other ranges
                TableOptions.DEFAULT.comparator(),
                blockSize,
                blockSizeDeviation,
                blockRestartInterval,
                indexBlockRestartInterval,
                formatVersion,
                CompressionType.NONE,
                compressionOpts.level(),
                0,
                wholeKeyFiltering,
                null,
                null);
    }

    static OptionsDocument of(TableOptions options) {
        MergeOperator operator = options.mergeOperator();
        PrefixExtractor extractor = options.prefixExtractor();
        double bits = options.filterBitsPerKey();
        return new OptionsDocument(
                options.comparator().name(),
                operator == null ? null : operator.id(),
                extractor == null ? null : extractor.name(),
                name(options.compression()),
                new CompressionOptions(options.compressionLevel()),
                options.blockSize(),
                options.blockSizeDeviation(),
                options.blockRestartInterval(),
                options.indexBlockRestartInterval(),
                options.formatVersion(),
                bits == 0
                        ? null
                        : "bloomfilter:"
                                + BigDecimal.valueOf(bits).stripTrailingZeros().toPlainString() + ":false",
                options.wholeKeyFiltering());
    }

    TableOptions tableOptions(PlugIns plugIns) throws StoreException {
        KeyComparator order = plugIns.comparator(comparator);
        MergeOperator operator = mergeOperator == null ? null : plugIns.mergeOperator(mergeOperator);
        PrefixExtractor extractor = prefixExtractor == null ? null : PrefixExtractor.byName(prefixExtractor);
        if (prefixExtractor != null && extractor == null) {
            throw PlugIns.unknown("prefix extractor", prefixExtractor, "RocksDB's fixed, capped and noop");
        }
        CompressionType type = OptionEnums.COMPRESSIONS.get(compression);
        if (type == null) {
            throw new StoreException(Kind.NOT_SUPPORTED, "compaction.document.plug-in", compression + " is unknown");
        }
        return new TableOptions(
                order,
                blockSize,
                blockSizeDeviation,
                blockRestartInterval,
                indexBlockRestartInterval,
                formatVersion,
                type,
                compressionOpts.level(),
                bits(filterPolicy),
                wholeKeyFiltering,
                operator,
                extractor);
    }

    private static double bits(@Nullable String filterPolicy) {
        if (filterPolicy == null) {
            return 0;
        }
        Matcher bloom = BLOOM.matcher(filterPolicy);
        double bits = bloom.matches() ? Double.parseDouble(bloom.group(1)) : -1;
        if (!(bits > 0 && bits <= MAX_BITS)) {
            throw new IllegalArgumentException("filter_policy is not bloomfilter:BITS:false with at most 100 bits");
        }
        return bits;
    }

    private static String name(CompressionType type) {
        for (Map.Entry<String, CompressionType> name : OptionEnums.COMPRESSIONS.entrySet()) {
            if (name.getValue() == type) {
                return name.getKey();
            }
        }
        throw new AssertionError(type + " has no name");
    }
}
