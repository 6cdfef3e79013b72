// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

/**
 * What is kept of an attempt that ran. A value.
 *
 * @param instance the store's instance name
 * @param job its epoch and number, as in {@code 3/17}
 * @param attempt from 1 on
 * @param token of the attempt
 * @param hasProcess whether it had a process of its own, whose words are kept too
 */
public record LogView(String instance, String job, String attempt, String token, boolean hasProcess) {}
