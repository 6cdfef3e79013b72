// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Footers of every version at the end of a file, as they are and with a checksum that fits. */
class FooterFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] table : GoldenTables.all()) {
            seeds.add(Arrays.copyOfRange(table, table.length - TableFormat.FOOTER_LENGTH - 7, table.length));
        }
        return seeds;
    }

    @Override
    protected void parse(byte[] input) {
        attempt(() -> read(input));
        attempt(() -> read(GoldenTables.withFooterChecksum(input)));
    }

    private static void read(byte[] file) throws IOException {
        Footer footer = Footer.read(ArrayFile.readable(file));
        require(footer.equals(Footer.read(ArrayFile.readable(file))), "a second look gives another footer");
        if (footer.index() != null) {
            ByteWriter written = new ByteWriter();
            footer.encode(written);
            require(footer.equals(Footer.read(ArrayFile.readable(written.toByteArray()))), "written, it is another");
        } else {
            BlockHandle metaindex = footer.metaindex();
            require(metaindex.offset() >= 0 && metaindex.length() >= 0, "a metaindex outside of the file");
        }
    }
}
