// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

/**
 * What the manifest says of a column family. A value, but for the version's count of holders.
 *
 * @param id never used again once the column family is dropped; 0 is the default one
 * @param name {@code default} for id 0
 * @param comparatorName the order of its user keys
 * @param logNumber the oldest log with entries that are in none of its files
 * @param version its files
 */
public record ColumnFamilyInfo(int id, String name, String comparatorName, long logNumber, Version version) {}
