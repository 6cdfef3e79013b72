// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.web.LogView;
import io.sluice.compaction.web.WorkerPages;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * What is told of one job: of one that the worker remembers by itself, of one that it does not by the files that are kept.
 * These are found by a token, never by a path from outside. Safe for concurrent use.
 */
final class LogViews {
    private final AttemptTable table;
    private final AttemptViews attempts;
    private final WorkerPages pages;
    private final WorkFiles files;

    LogViews(AttemptTable table, AttemptViews attempts, WorkerPages pages, WorkFiles files) {
        this.table = table;
        this.attempts = attempts;
        this.pages = pages;
        this.files = files;
    }

    /** The page of one that is remembered. */
    void job(PageExchange exchange) throws StoreException {
        HostedAttempt attempt = table.look(exchange.exchange().parameter("token"));
        if (attempt == null) {
            throw WorkerErrors.unknownToken();
        }
        Path directory = files.directory(attempt);
        exchange.page(
                pages.job(attempts.details(attempt), directory != null && hasProcess(directory), exchange.refresh()));
    }

    /** One log. */
    void log(PageExchange exchange) throws StoreException {
        String token = exchange.exchange().parameter("token");
        boolean isOfProcess = exchange.exchange().number("process", 0) == 1;
        HostedAttempt attempt = table.look(token);
        if (attempt != null && !isOfProcess) {
            exchange.text(attempts.text(attempt));
            return;
        }
        WorkFiles.Kept kept = files.find(token);
        Path directory = attempt != null ? files.directory(attempt) : kept == null ? null : kept.directory();
        if (directory == null) {
            throw WorkerErrors.noLog();
        }
        try {
            exchange.text(
                    WorkFiles.tail(directory.resolve(isOfProcess ? WorkFiles.CHILD_LOG_NAME : WorkFiles.LOG_NAME)));
        } catch (IOException e) {
            throw StoreException.wrap("compaction.worker.files", e);
        }
    }

    /** All that are kept. */
    void list(PageExchange exchange) {
        exchange.page(pages.logs(files.kept().stream()
                .map(kept -> new LogView(
                        kept.instance(), kept.job(), kept.attempt(), kept.token(), hasProcess(kept.directory())))
                .toList()));
    }

    private static boolean hasProcess(Path directory) {
        return Files.isRegularFile(directory.resolve(WorkFiles.CHILD_LOG_NAME), LinkOption.NOFOLLOW_LINKS);
    }
}
