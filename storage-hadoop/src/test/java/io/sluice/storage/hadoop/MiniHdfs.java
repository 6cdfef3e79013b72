// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** One NameNode and one DataNode in this JVM. Takes 10 to 30 s to start: one a test class. */
public final class MiniHdfs implements AutoCloseable {
    private final MiniDFSCluster cluster;

    private MiniHdfs(MiniDFSCluster cluster) {
        this.cluster = cluster;
    }

    /** Starts one with its files below {@code directory}, and waits until it serves. */
    public static MiniHdfs start(Path directory) throws IOException {
        Configuration configuration = new Configuration();
        configuration.set("dfs.namenode.fs-limits.min-block-size", "1024");
        configuration.set("dfs.datanode.data.dir.perm", "755");
        MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration, directory.toFile())
                .numDataNodes(1)
                .build();
        cluster.waitActive();
        return new MiniHdfs(cluster);
    }

    /** {@code hdfs://127.0.0.1:port}. */
    public String uri() {
        return cluster.getURI().toString();
    }

    /** The cluster, to hurt it. */
    public MiniDFSCluster cluster() {
        return cluster;
    }

    @Override
    public void close() {
        cluster.shutdown(true, true);
    }
}
