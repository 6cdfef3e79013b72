// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** Opens the storages of some URI schemes; found by {@link java.util.ServiceLoader}. */
public interface StorageProvider {
    /** Names the provider in messages, such as {@code hadoop}. */
    String name();

    /** Whether it opens URIs of this scheme under this configuration. */
    boolean accepts(String scheme, Map<String, String> configuration);

    /**
     * Opens the tree at {@code uri}, which need not exist yet. The caller closes it.
     *
     * @param configuration settings of the storage by its own names, on top of what it finds itself
     */
    Storage open(URI uri, Map<String, String> configuration) throws IOException;
}
