// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A machine whose mounts are a directory of exports, each moved to where it is mounted and back. */
public final class FakeMounter implements Mounter {
    private final Path exports;
    private final Map<Path, Path> mounted = new ConcurrentHashMap<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile boolean failsToUnmount;

    /** The exports are named by what is behind the last slash of a source. */
    public FakeMounter(Path exports) {
        this.exports = exports;
    }

    @Override
    public void mount(Mount mount, Path directory) throws IOException {
        calls.add("mount " + mount);
        Path export = exports.resolve(mount.source().substring(mount.source().lastIndexOf('/') + 1));
        if (!Files.isDirectory(export)) {
            throw new IOException("no such export: " + export);
        }
        Files.move(export, directory.resolve("content"));
        mounted.put(directory, export);
    }

    @Override
    public void unmount(Path directory) throws IOException {
        if (failsToUnmount) {
            throw new IOException("busy");
        }
        calls.add("unmount");
        Path export = mounted.remove(directory);
        if (export == null) {
            throw new IOException("not mounted: " + directory);
        }
        Files.move(directory.resolve("content"), export);
    }

    @Override
    public List<Path> mountedBelow(Path directory) {
        return mounted.keySet().stream()
                .filter(path -> path.startsWith(directory))
                .sorted(Comparator.comparing(Path::getNameCount).reversed())
                .toList();
    }

    /** What it was asked to do, failures to mount among it. */
    public List<String> calls() {
        return new ArrayList<>(calls);
    }

    /** From now on mounts stay. */
    public void failToUnmount(boolean fails) {
        failsToUnmount = fails;
    }
}
