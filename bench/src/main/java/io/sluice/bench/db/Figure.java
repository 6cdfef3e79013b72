// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

/** How fast a benchmark was, in one run. */
record Figure(String benchmark, double operationsPerSecond) {}
