// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

/**
 * One option of a file.
 *
 * @param line its line, from 1 on
 * @param name its name
 * @param value its value, escaped as it stands in the file
 */
public record OptionEntry(int line, String name, String value) {}
