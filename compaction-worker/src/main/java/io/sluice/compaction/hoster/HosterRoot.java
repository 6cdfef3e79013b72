// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * Where a store lies below {@code hoster_root}, the directory that workers have mounted under another name. Paths are
 * compared by whole components: {@code /db10} is not below {@code /db1}.
 */
final class HosterRoot {
    private HosterRoot() {}

    /**
     * Brings an absolute path into its plain form.
     *
     * @return without slashes at its end, but for the root itself; empty for empty
     * @throws IllegalArgumentException where it is not absolute, or has {@code .} or {@code ..} in it
     */
    static String check(String path) {
        if (path.isEmpty()) {
            return path;
        }
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("expected an absolute path, found '" + path + "'");
        }
        return "/" + String.join("/", components(path));
    }

    /**
     * Refuses a store elsewhere.
     *
     * @param root as {@link #check} returned it, not empty
     * @param storageUri the store's directory
     * @throws StoreException {@code INVALID_ARGUMENT} where it does not lie below the root
     */
    static void expectBelow(String root, String storageUri) throws StoreException {
        String path = URI.create(storageUri).getPath();
        List<String> expected = components(root);
        List<String> found = path == null ? List.of() : components(path);
        if (path == null
                || found.size() < expected.size()
                || !found.subList(0, expected.size()).equals(expected)) {
            throw StoreException.invalid(
                    "compaction.remote.hoster-root",
                    "the store " + storageUri + " does not lie below hoster_root " + root
                            + ": name a directory above it, or none");
        }
    }

    private static List<String> components(String path) {
        List<String> components = Arrays.stream(path.split("/", -1))
                .filter(part -> !part.isEmpty())
                .toList();
        if (components.contains("..") || components.contains(".") || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("expected a path without '.' and '..', found '" + path + "'");
        }
        return components;
    }
}
