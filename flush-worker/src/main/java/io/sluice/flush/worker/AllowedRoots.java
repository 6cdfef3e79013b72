// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import io.sluice.store.base.StoreException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;

/** Where a worker may write: at or below some URIs, compared by whole path components after normalising. */
final class AllowedRoots {
    private final List<String> roots = new ArrayList<>();

    /** @param uris empty for anywhere */
    AllowedRoots(List<String> uris) {
        for (String uri : uris) {
            try {
                roots.add(normal(uri));
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException("allowed root '" + uri + "' is no URI", e);
            }
        }
    }

    /** Refuses a URI outside. */
    void check(String uri) throws StoreException {
        if (roots.isEmpty()) {
            return;
        }
        try {
            String wanted = normal(uri);
            for (String root : roots) {
                if (wanted.startsWith(root)) {
                    return;
                }
            }
        } catch (URISyntaxException e) {
            throw refused(uri);
        }
        throw refused(uri);
    }

    private StoreException refused(String uri) {
        return StoreException.invalid(
                "flush.worker.root", "storage " + uri + " is not below an allowed root of this worker: " + roots);
    }

    /** One form for one place: dots resolved, no authority that is empty, one slash at the end. */
    private static String normal(String uri) throws URISyntaxException {
        URI parsed = new URI(uri.indexOf(':') < 0 ? "file://" + uri : uri).normalize();
        String authority = parsed.getAuthority() == null ? "" : parsed.getAuthority();
        String path = parsed.getPath() == null ? "/" : parsed.getPath();
        if (path.contains("/../") || path.endsWith("/..")) {
            throw new URISyntaxException(uri, "leads above its root");
        }
        return parsed.getScheme() + "://" + authority + path + (path.endsWith("/") ? "" : "/");
    }
}
