// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a worker and the process of an attempt say to each other: the worker one {@link Task}, the process one {@link
 * Progress} after the other, the last of which tells the end. A document is its length in four bytes, then itself. Both
 * are of one release, started by the same command.
 */
final class ChildPipe {
    private ChildPipe() {}

    /**
     * What a process is to do.
     *
     * @param token the attempt's
     * @param id the worker's, for the SSTs
     * @param host the machine's, for the SSTs
     * @param storageUri where the storage is on this machine
     */
    record Task(String token, String id, String host, String storageUri, JobDocument document) {}

    static void write(DataOutputStream out, Task task) throws IOException {
        out.writeUTF(task.token());
        out.writeUTF(task.id());
        out.writeUTF(task.host());
        out.writeUTF(task.storageUri());
        write(out, Documents.write(task.document()));
    }

    static Task readTask(DataInputStream in) throws IOException {
        return new Task(
                in.readUTF(),
                in.readUTF(),
                in.readUTF(),
                in.readUTF(),
                Documents.read(readBytes(in, in.readInt()), JobDocument.class));
    }

    static void write(DataOutputStream out, Progress progress) throws IOException {
        write(out, Documents.write(progress));
    }

    /** The next progress, or null where the process has ended, or ends within one. */
    static @Nullable Progress readProgress(DataInputStream in) throws IOException {
        try {
            return Documents.read(readBytes(in, in.readInt()), Progress.class);
        } catch (EOFException e) {
            return null;
        }
    }

    private static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
        out.flush();
    }

    private static byte[] readBytes(DataInputStream in, int length) throws IOException {
        if (length < 0 || length > Documents.MAX_LENGTH) {
            throw new StoreException(
                    Kind.REMOTE,
                    "compaction.child.answer",
                    "the process of an attempt says what is no document, of length " + length
                            + ": something else writes to its stdout");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }
}
