// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;

/**
 * Figures that stand together. A value.
 *
 * @param name in JSON
 * @param title on the page
 * @param figures in order
 */
public record FigureGroup(String name, String title, List<Figure> figures) {
    /** Makes the list unmodifiable. */
    public FigureGroup {
        figures = List.copyOf(figures);
    }
}
