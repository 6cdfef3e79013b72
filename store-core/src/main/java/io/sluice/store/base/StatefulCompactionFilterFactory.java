// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

/**
 * A factory whose filters need to know more than their name tells, or tell what they found. Both travel with the job,
 * as bytes that only the factory reads: {@link #state} goes out with each job, to whatever process runs it, and the
 * {@linkplain CompactionFilter#takeReport() reports} of its filters come back to {@link #accept} of the store's own
 * instance once the job is installed. It is the same for jobs that run in the store's process.
 *
 * <p>In another process the factory is found by {@link #name()}; nothing of the store's instance is there but the state.
 * Safe for concurrent use.
 */
public interface StatefulCompactionFilterFactory extends CompactionFilterFactory {
    /** The most bytes that a state or a report may have: a job travels as one document. */
    int MAX_STATE_LENGTH = 1 << 20;

    /**
     * What the filters of one job need to know. Asked of the store's instance once for each job, while the job is made, on
     * a thread that must not wait. All attempts at a job get the same state, so whatever changes with time, such as the
     * time itself, belongs in it.
     *
     * @return at most {@link #MAX_STATE_LENGTH} bytes, an array that nobody changes afterwards
     */
    byte[] state();

    /**
     * A filter for one thread of a job, made of the job's state alone.
     *
     * @param state what {@link #state} gave; the array is the callee's
     * @throws StoreException {@code INVALID_ARGUMENT} or {@code NOT_SUPPORTED} where it is no state of this factory: it
     *     may come from another release, or from another store's factory of the same name
     */
    CompactionFilter create(byte[] state) throws StoreException;

    /**
     * Takes a report of a job that is installed: each that its filters gave is handed over once, in the order of the
     * keys, and those of attempts that were thrown away never. A store that ends between the installation and this call
     * loses the report. On a thread of the store's that must not wait.
     *
     * @param report not empty; it may come from another process, so it is to be checked
     * @throws RuntimeException is logged, and changes nothing
     */
    void accept(byte[] report);
}
