// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;

/** Opens storages by URI. */
public final class Storages {
    private Storages() {}

    /**
     * Opens the tree at {@code uri}: a path or {@code file:} of this machine, or a scheme of a {@link StorageProvider}
     * on the class path. The tree need not exist yet. The caller closes it.
     *
     * @param configuration settings of the storage by its own names; none for {@code file:}
     */
    public static Storage open(String uri, Map<String, String> configuration) throws IOException {
        URI parsed;
        try {
            if (uri.indexOf(':') < 0) {
                return new LocalStorage(Path.of(uri));
            }
            parsed = new URI(uri);
            if (parsed.getScheme().toLowerCase(Locale.ROOT).equals("file")) {
                return openFile(parsed);
            }
        } catch (URISyntaxException | InvalidPathException e) {
            throw StoreException.invalid(
                    "storage.bad-uri", "\"" + uri + "\" is no URI of a storage: " + e.getMessage());
        }
        List<String> providers = new ArrayList<>(List.of("file"));
        for (StorageProvider provider : ServiceLoader.load(StorageProvider.class)) {
            if (provider.accepts(parsed.getScheme(), configuration)) {
                return provider.open(parsed, configuration);
            }
            providers.add(provider.name());
        }
        throw new StoreException(
                Kind.NOT_SUPPORTED,
                "storage.unknown-scheme",
                "no storage for \"" + uri + "\": the scheme " + parsed.getScheme() + " is unknown to " + providers
                        + "; for hdfs, put storage-hadoop on the class path");
    }

    private static Storage openFile(URI uri) throws StoreException {
        String path = uri.getPath();
        String host = uri.getAuthority();
        if (path == null || path.isEmpty() || (host != null && !host.equals("localhost"))) {
            throw StoreException.invalid(
                    "storage.bad-uri", "\"" + uri + "\" has no path of this machine; expected file:///a/path");
        }
        return new LocalStorage(Path.of(path));
    }
}
