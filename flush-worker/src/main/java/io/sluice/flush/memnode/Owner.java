// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

/**
 * Whose memory and jobs: one opening of one store. Two generators never share one, even where all their names are equal,
 * since a database's epoch is taken once.
 */
record Owner(String database, long epoch) {}
