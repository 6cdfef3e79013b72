// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.command;

import java.io.PrintWriter;

/** The one line that a role prints on stdout, once it serves: {@code ready WHERE}. */
public final class Ready {
    private Ready() {}

    /** Says so. */
    public static void say(PrintWriter out, Object where) {
        out.println("ready " + where);
        out.flush();
    }
}
