// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.write.StallCause;

/** What the column families of one store need of it. Safe for concurrent use. */
final class FamilyHost implements ColumnFamilyHost {
    private final EngineEnvironment environment;
    private final MemoryPool pool;
    private final TableCache tables;
    private final Health health;
    private final Listeners listeners;
    private final Holders holders;
    private final WriteController controller;
    private final TablePurge purge;
    private final WriteLog log;

    FamilyHost(
            EngineEnvironment environment,
            MemoryPool pool,
            TableCache tables,
            Health health,
            Listeners listeners,
            Holders holders,
            WriteController controller,
            TablePurge purge,
            WriteLog log) {
        this.environment = environment;
        this.pool = pool;
        this.tables = tables;
        this.health = health;
        this.listeners = listeners;
        this.holders = holders;
        this.controller = controller;
        this.purge = purge;
        this.log = log;
    }

    @Override
    public Memtable newMemtable(long id, KeyComparator comparator) {
        return new Memtable(
                id, comparator, pool, environment.clock(), environment.random().nextLong());
    }

    @Override
    public void sealed(Memtable memtable) {
        log.retireAfter(memtable.lastLog());
    }

    @Override
    public void pressureUpdated(ColumnFamily family, WritePressure from, WritePressure to, WriteController.Debt debt) {
        controller.update(from, to, debt);
        if (from != to) {
            tell(family, from, false);
            tell(family, to, true);
        }
    }

    @Override
    public void viewReleased() {
        purge.request();
        holders.exit();
    }

    @Override
    public TableReading tableReading(KeyComparator comparator, ColumnFamilySettings settings) {
        return tables.reading(comparator, settings.blockCache());
    }

    @Override
    public Holders holders() {
        return holders;
    }

    @Override
    public void checkWritable() throws StoreException {
        health.checkWritable();
    }

    private void tell(ColumnFamily family, WritePressure pressure, boolean stalled) {
        StallCause cause = pressure.cause();
        if (cause != null) {
            listeners.tell(listener -> listener.onStallConditionsChanged(family.name(), cause, stalled));
        }
    }
}
