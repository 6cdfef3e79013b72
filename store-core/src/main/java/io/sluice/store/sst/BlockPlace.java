// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

/** Where a block is, for messages: set again and again by the one thread that uses it. */
final class BlockPlace {
    private String file = "";
    private long offset;

    BlockPlace set(String fileName, long blockOffset) {
        file = fileName;
        offset = blockOffset;
        return this;
    }

    @Override
    public String toString() {
        return of(file, offset);
    }

    static String of(String file, long offset) {
        return file + ": block at offset " + Long.toUnsignedString(offset);
    }
}
