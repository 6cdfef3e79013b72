// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.command;

import org.jspecify.annotations.Nullable;

/** Ends a command with exit code 1; the message says what failed and what to do. */
public final class CommandFailure extends Exception {
    private static final long serialVersionUID = 1;

    /** Creates a failure. */
    public CommandFailure(String message) {
        this(message, null);
    }

    /** Creates a failure with its cause. */
    public CommandFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
