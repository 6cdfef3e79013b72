// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;

/** Why plug-ins can't be had. Another worker may have better jars, so these errors end an attempt only. */
final class PlugInErrors {
    private PlugInErrors() {}

    static StoreException load(String where, String problem, Throwable cause) {
        return new StoreException(
                Kind.NOT_SUPPORTED, "compaction.plug-in.load", where + " can't be loaded: " + problem, cause);
    }

    static StoreException name(String where, String problem) {
        return new StoreException(Kind.NOT_SUPPORTED, "compaction.plug-in.name", where + ": " + problem);
    }

    static StoreException jar(String where, String problem, Throwable cause) {
        return new StoreException(
                Kind.NOT_SUPPORTED, "compaction.plug-in.jar", where + " can't be read: " + problem, cause);
    }

    /** An error with the causes that tell what it is about. */
    static String told(Throwable failure) {
        StringBuilder text = new StringBuilder();
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 4; depth++) {
            text.append(depth == 0 ? "" : ": ").append(cause);
            cause = cause.getCause();
        }
        return text.toString();
    }
}
