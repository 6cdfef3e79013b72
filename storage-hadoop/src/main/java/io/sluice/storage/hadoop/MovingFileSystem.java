// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;

/**
 * Opens the one form of rename that says why it failed and never moves a source <em>into</em> an existing directory; a
 * file system's own is protected. On HDFS it is atomic.
 */
final class MovingFileSystem extends FilterFileSystem {
    MovingFileSystem(FileSystem fileSystem) {
        super(fileSystem);
    }

    void move(Path from, Path to, Rename mode) throws IOException {
        super.rename(from, to, mode);
    }
}
