// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

/**
 * A key and a value.
 *
 * @param line where it stands in the input, from 1: its line, or its row where rows may span lines
 */
@SuppressWarnings("ArrayRecordComponent") // bytes on their way into the store; never compared as records
public record InputRecord(long line, byte[] key, byte[] value) {}
