// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.sst.TableIdentity;

/**
 * What the outputs' properties say of their origin: {@link TableIdentity}, whose components have the same meaning; host,
 * builder and number are the attempt's own.
 *
 * @param columnFamilyId RocksDB's numeric id
 * @param columnFamilyName its name
 * @param dbId the store's IDENTITY
 * @param dbSessionId of this job alone
 * @param creationTime seconds since 1970
 * @param oldestKeyTime seconds since 1970
 * @param fileCreationTime seconds since 1970
 */
public record IdentityDocument(
        int columnFamilyId,
        String columnFamilyName,
        String dbId,
        String dbSessionId,
        long creationTime,
        long oldestKeyTime,
        long fileCreationTime) {
    /** Checks the ranges. */
    public IdentityDocument {
        Check.text("column_family_name", columnFamilyName, Check.MAX_NAME_LENGTH);
        Check.text("db_id", dbId, Check.MAX_NAME_LENGTH);
        Check.text("db_session_id", dbSessionId, Check.MAX_NAME_LENGTH);
        Check.atLeast("creation_time", creationTime, 0);
        Check.atLeast("oldest_key_time", oldestKeyTime, 0);
        Check.atLeast("file_creation_time", fileCreationTime, 0);
    }

    static IdentityDocument of(TableIdentity identity) {
        return new IdentityDocument(
                identity.columnFamilyId(),
                identity.columnFamilyName(),
                identity.dbId(),
                identity.dbSessionId(),
                identity.creationTime(),
                identity.oldestKeyTime(),
                identity.fileCreationTime());
    }

    TableIdentity tableIdentity() {
        return new TableIdentity(
                columnFamilyId,
                columnFamilyName,
                dbId,
                dbSessionId,
                "",
                "",
                0,
                creationTime,
                oldestKeyTime,
                fileCreationTime);
    }
}
