// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;

/**
 * A worker on its first page. A value.
 *
 * @param address by which stores reach it
 * @param isStopping whether it takes nothing any more
 * @param figures to stand in tiles
 */
public record WorkerView(String address, boolean isStopping, List<Figure> figures) {
    /** Makes the list unmodifiable. */
    public WorkerView {
        figures = List.copyOf(figures);
    }
}
