// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.StoreException.Kind;
import java.util.EnumMap;
import java.util.Map;

/** The numbers that error kinds have on the wire; they never change. A number that is unknown here is {@code REMOTE}. */
final class ErrorKinds {
    private static final Map<Kind, Short> IDS = new EnumMap<>(Kind.class);

    static {
        IDS.put(Kind.CORRUPTION, (short) 1);
        IDS.put(Kind.IO, (short) 2);
        IDS.put(Kind.NO_SPACE, (short) 3);
        IDS.put(Kind.INVALID_ARGUMENT, (short) 4);
        IDS.put(Kind.NOT_FOUND, (short) 5);
        IDS.put(Kind.NOT_SUPPORTED, (short) 6);
        IDS.put(Kind.LOCKED, (short) 7);
        IDS.put(Kind.FENCED, (short) 8);
        IDS.put(Kind.BUSY, (short) 9);
        IDS.put(Kind.TIMED_OUT, (short) 10);
        IDS.put(Kind.CLOSED, (short) 11);
        IDS.put(Kind.REMOTE, (short) 12);
    }

    private ErrorKinds() {}

    static short id(Kind kind) {
        Short id = IDS.get(kind);
        if (id == null) {
            throw new IllegalArgumentException("no wire number for " + kind);
        }
        return id;
    }

    static Kind of(short id) {
        for (Map.Entry<Kind, Short> entry : IDS.entrySet()) {
            if (entry.getValue() == id) {
                return entry.getKey();
            }
        }
        return Kind.REMOTE;
    }
}
