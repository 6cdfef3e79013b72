// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a job's storage is on this machine, and whether it may be there: at or below a root, by whole components, after
 * dots and symbolic links are resolved. Safe for concurrent use.
 */
final class StoragePlace {
    private final List<URI> roots = new ArrayList<>();
    private final @Nullable Path mountRoot;

    StoragePlace(List<String> roots, @Nullable String mountRoot) {
        for (String root : roots) {
            try {
                this.roots.add(parse(root));
            } catch (URISyntaxException | InvalidPathException e) {
                throw new IllegalArgumentException("root '" + root + "' is no URI", e);
            }
        }
        this.mountRoot = mountRoot == null ? null : Path.of(mountRoot);
    }

    /**
     * The URI to open for a job.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} {@code compaction.worker.root} where it may not be opened, {@code
     *     NOT_FOUND} {@code compaction.worker.storage} where there is no such directory
     */
    String of(JobDocument job) throws StoreException {
        String given = job.storageUri();
        try {
            URI uri = mapped(parse(given), job.hoster());
            for (URI root : roots) {
                if (isWithin(root, uri)) {
                    return uri.toString();
                }
            }
        } catch (StoreException e) {
            throw e;
        } catch (IOException e) {
            throw WorkerErrors.noStorage(given, e);
        } catch (URISyntaxException | IllegalArgumentException e) {
            StoreException refused = WorkerErrors.root(given);
            refused.addSuppressed(e);
            throw refused;
        }
        throw WorkerErrors.root(given);
    }

    /** With what is below {@code hoster_root} there found below the store's directory here. */
    private URI mapped(URI uri, HosterDocument hoster) throws IOException {
        String hosterRoot = hoster.hosterRoot();
        Path mounts = mountRoot;
        if (mounts == null || hosterRoot == null || !isFile(uri)) {
            return uri;
        }
        Path from = Path.of(hosterRoot).normalize();
        Path path = Path.of(uri.getPath());
        if (!from.isAbsolute() || !path.startsWith(from)) {
            throw WorkerErrors.root(uri + ", which is not below hoster_root " + hosterRoot);
        }
        Path instance = mounts.resolve(hoster.instanceName());
        return file(instance.resolve(from.relativize(path)));
    }

    private static boolean isWithin(URI root, URI uri) throws IOException {
        if (isFile(root) && isFile(uri)) {
            return Path.of(uri.getPath())
                    .toRealPath()
                    .startsWith(Path.of(root.getPath()).toRealPath());
        }
        return root.getScheme().equalsIgnoreCase(uri.getScheme())
                && String.valueOf(root.getAuthority()).equals(String.valueOf(uri.getAuthority()))
                && withSlash(uri.getPath()).startsWith(withSlash(root.getPath()));
    }

    private static URI parse(String text) throws URISyntaxException {
        URI uri = text.startsWith("/") ? file(Path.of(text)) : new URI(text).normalize();
        String path = uri.getPath();
        if (uri.getScheme() == null || path == null || path.contains("/../") || path.endsWith("/..")) {
            throw new URISyntaxException(text, "no absolute URI of a directory");
        }
        return uri;
    }

    private static URI file(Path path) {
        try {
            return new URI("file", "", path.normalize().toString(), null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static boolean isFile(URI uri) {
        String authority = uri.getAuthority();
        return "file".equalsIgnoreCase(uri.getScheme()) && (authority == null || authority.isEmpty());
    }

    private static String withSlash(String path) {
        return path.endsWith("/") ? path : path + "/";
    }
}
