// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files and directories of a {@link MemoryStorage}, each with what a crash leaves of it. Guarded by the storage. */
final class MemoryTree {
    private MemoryTree() {}

    /** A file or directory. */
    sealed interface Node permits File, Directory {}

    /** What was appended, how much of it others see, and how much is durable. */
    static final class File implements Node {
        byte[] data = new byte[64];
        int written;
        int visible;
        int synced;
        /** Whether it was taken from its writer. */
        boolean sealed;

        void append(byte[] bytes) {
            if (data.length - written < bytes.length) {
                data = Arrays.copyOf(data, Math.max(Math.addExact(written, bytes.length), data.length * 2));
            }
            System.arraycopy(bytes, 0, data, written, bytes.length);
            written += bytes.length;
        }

        File copy(int length) {
            File copy = new File();
            copy.data = Arrays.copyOf(data, Math.max(length, 64));
            copy.written = length;
            copy.visible = length;
            copy.synced = length;
            return copy;
        }
    }

    /** Entries as they are, and as they were when the directory was last synced. */
    static final class Directory implements Node {
        final Map<String, Node> entries = new TreeMap<>();
        private Map<String, Node> durable = new HashMap<>();

        /** Makes the entries durable. What was renamed to here is from now on nowhere else. */
        void sync(Directory root) {
            for (Node node : entries.values()) {
                if (!durable.containsValue(node)) {
                    root.forget(node);
                }
            }
            durable = new HashMap<>(entries);
        }

        private void forget(Node node) {
            durable.values().remove(node);
            for (Node child : durable.values()) {
                if (child instanceof Directory directory) {
                    directory.forget(node);
                }
            }
        }

        /** What a crash leaves: durable entries, and of files what {@code tail} keeps beyond their synced bytes. */
        Directory crashed(Tail tail) {
            Directory copy = new Directory();
            new TreeMap<>(durable).forEach((name, node) -> copy.entries.put(name, crashed(node, tail)));
            copy.durable = new HashMap<>(copy.entries);
            return copy;
        }

        /** What the end of the process leaves: all entries, and of files what others see. */
        Directory killed() {
            Directory copy = new Directory();
            entries.forEach((name, node) -> copy.entries.put(
                    name, node instanceof Directory directory ? directory.killed() : killed((File) node)));
            copy.durable = new HashMap<>(copy.entries);
            return copy;
        }

        private static File killed(File file) {
            return file.copy(file.visible);
        }

        private static Node crashed(Node node, Tail tail) {
            if (node instanceof Directory directory) {
                return directory.crashed(tail);
            }
            File file = (File) node;
            return file.copy(file.synced + tail.kept(file.written - file.synced));
        }

        @Nullable
        Node find(String name) {
            Node node = this;
            for (String part : name.split("/", -1)) {
                if (!(node instanceof Directory directory)) {
                    return null;
                }
                node = directory.entries.get(part);
            }
            return node;
        }
    }

    /** How many of a file's unsynced bytes a crash leaves. */
    interface Tail {
        int kept(int unsynced);
    }
}
