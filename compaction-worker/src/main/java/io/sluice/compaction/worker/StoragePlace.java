// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.mount.DynamicMounts;
import io.sluice.compaction.mount.Mount;
import io.sluice.compaction.mount.MountTable;
import io.sluice.compaction.mount.Mounts;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a job's storage is on this machine, and whether it may be there: at or below a root of the worker and, for a tenant's
 * instance, one of the tenant, by whole components, after dots and symbolic links are resolved. What is found below {@code hoster_root} may not
 * lead out of its instance's directory either, and what is found in a mount not out of that. Safe for concurrent use.
 */
final class StoragePlace {
    private final List<URI> roots;
    private final Map<String, List<URI>> tenantRoots = new HashMap<>();
    private final @Nullable Path mountRoot;
    private final @Nullable MountTable table;
    private final @Nullable Mounts mounts;

    /**
     * Creates the rules.
     *
     * @param mounts where is mounted what jobs name; null where that is passed over
     * @throws IllegalArgumentException where a root is no URI
     */
    StoragePlace(WorkerSettings settings, @Nullable Mounts mounts) {
        String root = settings.mountRoot();
        DynamicMounts dynamic = settings.mounts();
        this.roots = parseRoots(settings.roots());
        this.mountRoot = root == null ? null : Path.of(root);
        this.table = dynamic == null ? null : dynamic.table();
        this.mounts = mounts;
        settings.tenants().forEach(tenant -> tenantRoots.put(tenant.instanceName(), parseRoots(tenant.roots())));
    }

    /** A storage that was found; what was mounted for it stays until it is closed. */
    record Found(String uri, Mounts.@Nullable Mounted mounted) implements AutoCloseable {
        @Override
        public void close() {
            if (mounted != null) {
                mounted.close();
            }
        }
    }

    /**
     * Checks a job at its submission.
     *
     * @return where its storage is, as far as that is known before anything is mounted
     * @throws StoreException {@code INVALID_ARGUMENT} {@code compaction.worker.root} or {@code compaction.worker.mount}
     *     where it may not be opened, {@code NOT_FOUND} {@code compaction.worker.storage} where there is no such directory
     */
    String check(JobDocument job) throws StoreException {
        if (mount(job) == null) {
            return locate(job);
        }
        Path unused = belowHosterRoot(job); // what is there can be seen only when it is mounted
        return job.storageUri();
    }

    /** Finds it when the attempt begins, by the same rules: what is on storage may have changed. */
    Found find(JobDocument job) throws IOException {
        Mount mount = mount(job);
        Mounts available = mounts;
        if (mount == null || available == null) {
            return new Found(locate(job), null);
        }
        Mounts.Mounted mounted = available.acquire(mount);
        try {
            Path bound = mounted.directory();
            Path real = real(job, bound.resolve(belowHosterRoot(job)));
            if (!real.startsWith(bound.toRealPath())) {
                throw WorkerErrors.root(job.storageUri());
            }
            return new Found(file(real).toString(), mounted);
        } catch (IOException | RuntimeException e) {
            mounted.close();
            throw e;
        }
    }

    /** What is to be mounted for it; null for nothing. */
    private @Nullable Mount mount(JobDocument job) throws StoreException {
        HosterDocument.Mount wanted = job.hoster().mount();
        return table == null || wanted == null ? null : table.allow(job.hoster().instanceName(), wanted);
    }

    private String locate(JobDocument job) throws StoreException {
        String given = job.storageUri();
        try {
            URI uri = resolved(job);
            List<URI> ofTenant = tenantRoots.get(job.hoster().instanceName());
            if (isWithin(roots, uri) && (ofTenant == null || isWithin(ofTenant, uri))) {
                return uri.toString();
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

    /** Where the storage really is: what is below {@code hoster_root} there, in the instance's directory here. */
    private URI resolved(JobDocument job) throws IOException, URISyntaxException {
        URI uri = parse(job.storageUri());
        Path all = mountRoot;
        if (!isFile(uri)) {
            return uri;
        }
        if (all == null || job.hoster().hosterRoot() == null) {
            return file(Path.of(uri.getPath()).toRealPath());
        }
        if (job.hoster().instanceName().equals(Mounts.DIRECTORY)) {
            throw WorkerErrors.root(job.storageUri());
        }
        Path instance = all.resolve(job.hoster().instanceName());
        Path real = real(job, instance.resolve(belowHosterRoot(job)));
        if (!real.startsWith(instance.toRealPath())) {
            throw WorkerErrors.root(job.storageUri());
        }
        return file(real);
    }

    /** The storage's path below {@code hoster_root}, without dots. */
    private static Path belowHosterRoot(JobDocument job) throws StoreException {
        String hosterRoot = job.hoster().hosterRoot();
        try {
            URI uri = parse(job.storageUri());
            Path path = Path.of(uri.getPath());
            Path from = Path.of(hosterRoot == null ? "" : hosterRoot).normalize();
            if (isFile(uri) && from.isAbsolute() && path.startsWith(from)) {
                return from.relativize(path);
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            StoreException refused = WorkerErrors.root(job.storageUri());
            refused.addSuppressed(e);
            throw refused;
        }
        throw WorkerErrors.root(job.storageUri() + ", which is not below hoster_root " + hosterRoot + ",");
    }

    private static Path real(JobDocument job, Path path) throws StoreException {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw WorkerErrors.noStorage(job.storageUri(), e);
        }
    }

    private static boolean isWithin(List<URI> roots, URI uri) throws IOException {
        for (URI root : roots) {
            if (isWithin(root, uri)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWithin(URI root, URI uri) throws IOException {
        if (isFile(root) && isFile(uri)) {
            Path path = Path.of(root.getPath());
            return Files.exists(path) && Path.of(uri.getPath()).startsWith(path.toRealPath());
        }
        return root.getScheme().equalsIgnoreCase(uri.getScheme())
                && String.valueOf(root.getAuthority()).equals(String.valueOf(uri.getAuthority()))
                && withSlash(uri.getPath()).startsWith(withSlash(root.getPath()));
    }

    private static List<URI> parseRoots(List<String> roots) {
        List<URI> parsed = new ArrayList<>();
        for (String root : roots) {
            try {
                parsed.add(parse(root));
            } catch (URISyntaxException | InvalidPathException e) {
                throw new IllegalArgumentException("root '" + root + "' is no URI", e);
            }
        }
        return List.copyOf(parsed);
    }

    private static URI parse(String text) throws URISyntaxException {
        URI uri = text.startsWith("/") ? file(Path.of(text)) : new URI(text).normalize();
        String path = uri.getPath();
        if (uri.getScheme() == null
                || path == null
                || path.contains("/../")
                || path.endsWith("/..")
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
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
