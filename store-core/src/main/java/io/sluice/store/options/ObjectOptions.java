// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects that options name: as they are written, and what a text stands for. */
public final class ObjectOptions {
    private static final String DELIMITER = "delimiter";
    private static final String STRING_APPEND = "StringAppendOperator";
    private static final String DELIMITER_OF_ID = ";" + DELIMITER + "=";

    private ObjectOptions() {}

    /** The text of an object that its name tells of, or null where no file can hold the name. */
    public static @Nullable String text(String name) {
        String text = OptionText.escape(bytes(name));
        return OptionText.objectId(text).equals(bytes(name)) ? text : null;
    }

    /** The text of a merge operator, or null where no file can hold it. */
    public static @Nullable String text(MergeOperator operator) {
        String id = operator.id();
        int delimiter = id.indexOf(DELIMITER_OF_ID);
        if (!operator.name().equals(STRING_APPEND)) {
            return text(operator.name());
        }
        String raw = delimiter < 0
                ? ","
                : new String(
                        HexFormat.of().parseHex(id.substring(delimiter + DELIMITER_OF_ID.length())),
                        StandardCharsets.ISO_8859_1);
        for (String value : new String[] {OptionText.escape(raw), "{" + OptionText.escape(raw) + "}"}) {
            String text = "{" + OptionText.ID + "=" + STRING_APPEND + ";" + DELIMITER + "=" + value + ";}";
            Map<String, String> read = OptionText.properties(text);
            if (read != null && read.size() == 2 && raw.equals(read.get(DELIMITER))) {
                return text;
            }
        }
        return null;
    }

    /** The built-in merge operator that a text stands for, or null where it is none. */
    public static @Nullable MergeOperator mergeOperator(String value) {
        MergeOperator operator = MergeOperators.builtIn(OptionText.objectId(value));
        Map<String, String> properties = OptionText.properties(value);
        String delimiter = properties == null ? null : properties.get(DELIMITER);
        if (operator == null || delimiter == null || !operator.name().equals(STRING_APPEND)) {
            return operator;
        }
        return MergeOperators.builtIn(STRING_APPEND
                + DELIMITER_OF_ID
                + HexFormat.of().formatHex(delimiter.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** The prefix extractor that a text stands for, or null where it is none. */
    public static @Nullable PrefixExtractor prefixExtractor(String value) {
        String id = OptionText.objectId(value);
        return PrefixExtractor.byName(
                id.replaceFirst("^fixed:", "rocksdb.FixedPrefix.").replaceFirst("^capped:", "rocksdb.CappedPrefix."));
    }

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
