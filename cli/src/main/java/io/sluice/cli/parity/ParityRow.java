// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A capability.
 *
 * @param id such as {@code A12}: a test with this tag shows it
 * @param capability what holds
 */
record ParityRow(String id, String capability) {
    private static final Pattern LINE = Pattern.compile("\\|\\s*([A-Z]\\d+)\\s*\\|\\s*(.*?)\\s*\\|.*");

    /** The rows of the tables in a Markdown page, in its order. */
    static List<ParityRow> read(Path page) throws IOException {
        List<ParityRow> rows = new ArrayList<>();
        for (String line : Files.readAllLines(page)) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                rows.add(new ParityRow(matcher.group(1), matcher.group(2)));
            }
        }
        return rows;
    }
}
