/**
 * {@code sluice bench transport}: latency and throughput of a transport, beside programs that do the same by other means.
 * Each side of each contender is a process of its own; {@link io.sluice.bench.transport.SideProcess} has the language
 * between them and the command.
 */
@NullMarked
package io.sluice.bench.transport;

import org.jspecify.annotations.NullMarked;
