/**
 * RocksDB's OPTIONS file: its text taken apart and put together. Names and values are byte strings, a char for each byte
 * ({@code ISO_8859_1}), since a file holds what bytes its options have.
 */
@NullMarked
package io.sluice.store.options;

import org.jspecify.annotations.NullMarked;
