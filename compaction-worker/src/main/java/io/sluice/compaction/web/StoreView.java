// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a process with stores knows of its remote compactions. A value.
 *
 * @param figures over all stores
 * @param workers in the order of the list
 * @param jobs that are out
 * @param books by store and column family, those used last first
 * @param others all that are not in {@code books} any more, or null
 * @param failures why attempts came to nothing, with counts
 * @param done jobs done, by the worker's name
 */
public record StoreView(
        List<Figure> figures,
        List<Worker> workers,
        List<Job> jobs,
        List<Book> books,
        @Nullable Book others,
        Map<String, Long> failures,
        Map<String, Long> done) {
    /** Makes the lists unmodifiable. */
    public StoreView {
        figures = List.copyOf(figures);
        workers = List.copyOf(workers);
        jobs = List.copyOf(jobs);
        books = List.copyOf(books);
        failures = Map.copyOf(failures);
        done = Map.copyOf(done);
    }

    /**
     * A worker of the list.
     *
     * @param address its {@code base_url}
     * @param web its {@code web_url}
     * @param weight its share
     * @param hits how often it was chosen
     * @param live jobs that it has now
     * @param failures in a row
     * @param restMs how long it is left out, where there are others
     */
    public record Worker(String address, String web, int weight, long hits, int live, int failures, long restMs) {}

    /**
     * A job that is out.
     *
     * @param store its name for people
     * @param columnFamily its name
     * @param epoch the opening of the store
     * @param number the job's within it
     * @param attempt of now, 0 before the first
     * @param levels from where to where
     * @param inputBytes of its inputs
     * @param elapsedMs since it began
     * @param estimateMs of one attempt
     * @param where what it does: waits for a worker, is at one, or is done here
     * @param page the address of its page at the worker, or null
     */
    public record Job(
            String store,
            String columnFamily,
            long epoch,
            long number,
            int attempt,
            String levels,
            long inputBytes,
            long elapsedMs,
            long estimateMs,
            String where,
            @Nullable String page) {}

    /**
     * What was done for a column family.
     *
     * @param name of store and column family
     * @param live jobs that are out
     * @param finished jobs that workers did
     * @param inputBytes of those
     * @param outputBytes of those
     * @param workMs that workers took for those
     * @param idleMs since there was the last of its jobs
     */
    public record Book(
            String name, int live, long finished, long inputBytes, long outputBytes, long workMs, long idleMs) {}
}
