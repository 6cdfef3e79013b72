// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.compaction.plugin.DirectoryTree;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each attempt in a process of its own: the old system's {@code MULTI_PROCESS}. Whatever a plug-in does there ends
 * that attempt at most. The process ends with the attempt, and with the worker.
 */
final class ChildExecution implements Execution {
    private static final Logger LOG = LoggerFactory.getLogger(ChildExecution.class);

    private static final int SIGNALS = 128;
    private static final int MAX_LAST_WORDS = 500;
    private static final long EXIT_LIMIT_SECONDS = 5;

    private final ChildStarter starter;
    private final WorkFiles files;
    private final String host;
    private final String id;

    /**
     * An execution.
     *
     * @param files has a directory for each process
     */
    ChildExecution(ChildStarter starter, WorkFiles files, String host, String id) {
        this.starter = starter;
        this.files = files;
        this.host = host;
        this.id = id;
    }

    @Override
    public ResultDocument run(HostedAttempt hosted, String uri, Storage storage) throws IOException {
        Path directory = files.create(hosted);
        Path log = directory.resolve(WorkFiles.CHILD_LOG_NAME);
        Path temporary = directory.resolve("tmp");
        try {
            Files.createDirectory(temporary);
            return run(hosted, uri, storage, starter.start(log, temporary), log);
        } finally {
            DirectoryTree.delete(temporary);
            files.end(directory);
        }
    }

    private ResultDocument run(HostedAttempt hosted, String uri, Storage storage, Process process, Path log)
            throws IOException {
        try {
            LOG.info("{} runs in process {}", hosted, process.pid());
            ChildRun run = new ChildRun(process, hosted);
            hosted.begin(run);
            send(run, hosted, uri);
            ResultDocument told = run.follow();
            return told == null ? left(hosted, storage, process, log) : told;
        } finally {
            end(process);
        }
    }

    private void send(ChildRun run, HostedAttempt hosted, String uri) throws StoreException {
        try {
            run.send(new ChildPipe.Task(hosted.token(), id, host, uri, hosted.document()));
        } catch (StoreException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("{}: its process did not take it", hosted, e); // how it ended tells more
        }
    }

    /** What a process has left that ended without a word: the RESULT file is the marker, or it died. */
    private static ResultDocument left(HostedAttempt hosted, Storage storage, Process process, Path log)
            throws IOException {
        String exit = exitOf(process);
        JobDocument document = hosted.document();
        ResultDocument result = ResultFile.read(storage, document.job(), document.attempt());
        if (result != null) {
            return result;
        }
        throw new StoreException(
                Kind.REMOTE,
                "compaction.child.died",
                hosted + ": its process " + process.pid() + " ended before it was done, " + exit + lastWords(log));
    }

    private static String exitOf(Process process) {
        try {
            if (process.waitFor(EXIT_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                int code = process.exitValue();
                return code > SIGNALS ? "by signal " + (code - SIGNALS) : "with exit code " + code;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "or closed its stdout";
    }

    /** The end of what the process said, on one line. */
    private static String lastWords(Path log) {
        try (SeekableByteChannel said = Files.newByteChannel(log)) {
            ByteBuffer end = ByteBuffer.allocate((int) Math.min(MAX_LAST_WORDS, said.size()));
            said.position(said.size() - end.capacity());
            while (end.hasRemaining() && said.read(end) >= 0) {
                // It may come in parts.
            }
            String text = new String(end.array(), 0, end.position(), StandardCharsets.UTF_8);
            String words = text.strip().replaceAll("\\p{Cntrl}+", " ");
            return words.isEmpty() ? "" : "; its last words: " + words;
        } catch (IOException e) {
            LOG.debug("what a process said can't be read", e);
            return "";
        }
    }

    /** The process may write until it is gone; only then are its files looked at. */
    private static void end(Process process) {
        process.destroyForcibly();
        boolean interrupted = false;
        for (; ; ) {
            try {
                process.waitFor();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
