// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

/**
 * What a table's properties say of its origin.
 *
 * @param columnFamilyId RocksDB's numeric id
 * @param columnFamilyName its name
 * @param dbId the store's IDENTITY ({@code rocksdb.creating.db.identity})
 * @param dbSessionId 20 base-36 characters ({@code rocksdb.creating.session.identity})
 * @param dbHostId the host that built the file ({@code rocksdb.creating.host.identity}); on a remote flush, the worker's
 * @param builder who built it, {@code local} or a worker's id ({@code sluice.builder}, a user-collected property)
 * @param originalFileNumber the number that the generator gave the file
 * @param creationTime of the file's oldest data, seconds since 1970
 * @param oldestKeyTime seconds since 1970
 * @param fileCreationTime seconds since 1970
 */
public record TableIdentity(
        int columnFamilyId,
        String columnFamilyName,
        String dbId,
        String dbSessionId,
        String dbHostId,
        String builder,
        long originalFileNumber,
        long creationTime,
        long oldestKeyTime,
        long fileCreationTime) {}
