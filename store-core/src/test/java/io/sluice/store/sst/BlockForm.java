// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import java.io.IOException;

/** What a block is, for tests that take the first byte of their input for it. */
enum BlockForm {
    DATA(0),
    RENUMBERED(1),
    NAMES(2),
    INDEX(3, false, false, false),
    USER_KEY_INDEX(4, false, false, true),
    DELTA_INDEX(5, true, false, false),
    USER_KEY_DELTA_INDEX(6, true, false, true),
    FIRST_KEY_INDEX(7, false, true, false),
    USER_KEY_FIRST_KEY_INDEX(8, false, true, true),
    DELTA_FIRST_KEY_INDEX(9, true, true, false),
    USER_KEY_DELTA_FIRST_KEY_INDEX(10, true, true, true);

    final boolean isIndex;
    final boolean isDelta;
    final boolean hasFirstKey;
    final boolean ofUserKeys;
    private final int code;

    BlockForm(int code) {
        this(code, false, false, false, false);
    }

    BlockForm(int code, boolean isDelta, boolean hasFirstKey, boolean ofUserKeys) {
        this(code, true, isDelta, hasFirstKey, ofUserKeys);
    }

    BlockForm(int code, boolean isIndex, boolean isDelta, boolean hasFirstKey, boolean ofUserKeys) {
        this.code = code;
        this.isIndex = isIndex;
        this.isDelta = isDelta;
        this.hasFirstKey = hasFirstKey;
        this.ofUserKeys = ofUserKeys;
    }

    /** Of the index that a table's properties tell of. */
    static BlockForm ofIndex(TableProperties properties) throws IOException {
        boolean delta = properties.number(PropertyNames.INDEX_VALUE_IS_DELTA_ENCODED) != 0;
        boolean userKeys = properties.number(PropertyNames.INDEX_KEY_IS_USER_KEY) != 0;
        boolean firstKey = TableIndex.type("table", properties) == TableFormat.INDEX_WITH_FIRST_KEY;
        for (BlockForm form : values()) {
            if (form.isIndex && form.isDelta == delta && form.ofUserKeys == userKeys && form.hasFirstKey == firstKey) {
                return form;
            }
        }
        throw new AssertionError("every form of an index is listed");
    }

    static BlockForm of(byte first) {
        return values()[(first & 0xff) % values().length];
    }

    byte[] input(byte[] block) {
        byte[] input = new byte[block.length + 1];
        input[0] = (byte) code;
        System.arraycopy(block, 0, input, 1, block.length);
        return input;
    }

    EntryOrder order() {
        if (this == NAMES) {
            return EntryOrder.ofNames();
        }
        return ofUserKeys
                ? EntryOrder.ofUserKeys(BytewiseComparator.INSTANCE)
                : EntryOrder.ofInternalKeys(BytewiseComparator.INSTANCE);
    }

    BlockIterator iterator() {
        if (isIndex) {
            IndexBlockIterator index = new IndexBlockIterator(order());
            index.form(isDelta, hasFirstKey);
            return index;
        }
        DataBlockIterator data = new DataBlockIterator(order());
        data.overrideSequence(this == RENUMBERED ? 77 : DataBlockIterator.NO_SEQUENCE);
        return data;
    }
}
