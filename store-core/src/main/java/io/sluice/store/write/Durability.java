// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

/** What a write that returned outlives before its memtable is flushed. */
public enum Durability {
    /** Nothing: it is in no log ({@code disable_wal}). */
    UNLOGGED,
    /** The process: it is in the log, with the operating system. */
    LOGGED,
    /** The machine: the log is on stable storage up to it ({@code sync}). */
    SYNCED
}
