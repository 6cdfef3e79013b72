// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import java.util.List;

/**
 * One section of a file.
 *
 * @param line the line of its title, from 1 on
 * @param title the title without the argument: {@code CFOptions}
 * @param argument the argument, unescaped, or empty
 * @param entries its options, in their order; no name stands twice
 */
public record OptionSection(int line, String title, String argument, List<OptionEntry> entries) {
    /** Copies the entries. */
    public OptionSection {
        entries = List.copyOf(entries);
    }
}
