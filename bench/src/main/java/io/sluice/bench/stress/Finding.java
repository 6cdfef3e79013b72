// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.io.PrintWriter;
import java.io.StringWriter;

/** The store does not hold what it must, or fails where it must not. */
final class Finding extends Exception {
    private static final long serialVersionUID = 1;

    Finding(String message) {
        super(message);
    }

    /** What is told of a failure: a finding's message, or where anything else came from. */
    static String text(Throwable e) {
        if (e instanceof Finding) {
            return String.valueOf(e.getMessage());
        }
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
