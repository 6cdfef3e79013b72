// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.write.CommitRequest;

/** A write on its way into the log: tells the memtables that it has entered of the log that it is to stand in. */
final class LogWrite extends CommitRequest {
    private final WriteContext context;

    LogWrite(WriteContext context) {
        this.context = context;
    }

    @Override
    public void logging(long logNumber) {
        for (int i = 0; i < context.familyCount(); i++) {
            context.memtable(i).logging(logNumber);
        }
    }
}
