// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.ColumnFamilyInfo;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionSet;
import java.io.IOException;
import java.util.Map;

/** Which column families a store has, and their options; both change while it is open. Safe for concurrent use. */
public final class FamilyDefinitions {
    private final VersionSet versions;
    private final ColumnFamilies families;
    private final StoreOptions options;
    private final WriteLog log;
    private final LogKeeper logs;
    private final MemtableTimer timer;
    private final FlushScheduler flushes;
    private final CompactionScheduler compactions;
    private final TablePurge purge;
    private final Health health;
    private final ColumnFamilyHost host;

    FamilyDefinitions(
            VersionSet versions,
            ColumnFamilies families,
            StoreOptions options,
            WriteLog log,
            LogKeeper logs,
            MemtableTimer timer,
            FlushScheduler flushes,
            CompactionScheduler compactions,
            TablePurge purge,
            Health health,
            ColumnFamilyHost host) {
        this.versions = versions;
        this.families = families;
        this.options = options;
        this.log = log;
        this.logs = logs;
        this.timer = timer;
        this.flushes = flushes;
        this.compactions = compactions;
        this.purge = purge;
        this.health = health;
        this.host = host;
    }

    /** Takes in those that the store was opened with. Called once, before all else. */
    void begin(Map<Integer, ColumnFamilySettings> columnFamilies) throws StoreException {
        for (Map.Entry<Integer, ColumnFamilySettings> entry : columnFamilies.entrySet()) {
            add(versions.columnFamily(entry.getKey()), entry.getValue());
        }
        options.write();
    }

    /** Creates a column family, durably. */
    public ColumnFamily create(String name, ColumnFamilySettings settings) throws IOException {
        health.checkWritable();
        KeyComparator order = settings.tableOptions().comparator();
        log.flush(
                true); // recovery that stops before the log where the new one begins would find it ahead of the others
        ColumnFamily created = add(versions.createColumnFamily(name, order, log.numberBound()), settings);
        options.write();
        return created;
    }

    /** Drops a column family, durably; its files go when nobody reads them any more. */
    public void drop(ColumnFamily family) throws IOException {
        health.checkWritable();
        families.check(family);
        versions.dropColumnFamily(family.id());
        families.remove(family);
        family.drop();
        flushes.dropped(family);
        compactions.dropped(family);
        purge.request();
        logs.dropped();
        options.write();
    }

    /** Changes options of a column family; all or none. */
    public void change(ColumnFamily family, Map<String, String> changes) throws StoreException {
        health.checkOpen();
        families.check(family);
        family.changeSettings(changes);
        options.write();
        logs.setLimit();
        timer.settingsChanged(family);
        flushes.schedule(family);
        compactions.schedule(family);
    }

    private ColumnFamily add(ColumnFamilyInfo info, ColumnFamilySettings settings) throws StoreException {
        Version version = versions.retainVersion(info.id());
        try {
            ColumnFamily family = new ColumnFamily(info.id(), info.name(), settings, version, host);
            family.begin();
            families.add(family);
            if (health.isClosed()) { // perhaps after the store closed those that it knew
                family.close();
                health.checkOpen();
            }
            logs.setLimit();
            return family;
        } finally {
            version.release();
        }
    }
}
