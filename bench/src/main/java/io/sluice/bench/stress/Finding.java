// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

/** The store does not hold what it must, or fails where it must not. */
final class Finding extends Exception {
    private static final long serialVersionUID = 1;

    Finding(String message) {
        super(message);
    }
}
