// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

/**
 * Whose memory and jobs: one opening of one store. Two generators never share one, even where database and epoch are
 * equal since one store's directory is a copy of the other's: the incarnation is random.
 */
record Owner(String database, long epoch, long incarnation) {
    @Override
    public String toString() {
        return database + " epoch " + epoch;
    }
}
