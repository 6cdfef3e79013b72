// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.StorageProvider;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;

/** Opens what Hadoop has a file system for: {@code hdfs} first of all. */
public final class HadoopStorageProvider implements StorageProvider {
    @Override
    public String name() {
        return "hadoop";
    }

    @Override
    public boolean accepts(String scheme, Map<String, String> configuration) {
        try {
            FileSystem.getFileSystemClass(scheme, HadoopConfiguration.load(configuration));
            return true;
        } catch (StoreException e) {
            return scheme.equals("hdfs"); // so that opening tells what is wrong with the configuration
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Storage open(URI uri, Map<String, String> configuration) throws IOException {
        return HadoopStorage.open(uri, configuration);
    }
}
