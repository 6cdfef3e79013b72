// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

/** How workers are chosen. */
public enum LoadBalance {
    /** One after the other. */
    ROUND_ROBIN("kRoundRobin"),
    /** In proportion to their weights. */
    WEIGHT("kWeight");

    private final String text;

    LoadBalance(String text) {
        this.text = text;
    }

    /** Its name in configuration files. */
    @Override
    public String toString() {
        return text;
    }
}
