// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One NameNode and one DataNode in this JVM. Takes 10 to 30 s to start: all test classes share one. */
final class MiniHdfs implements AutoCloseable {
    private final Path directory;
    private final MiniDFSCluster cluster;

    private MiniHdfs(Path directory, MiniDFSCluster cluster) {
        this.directory = directory;
        this.cluster = cluster;
    }

    /** Gives test classes the cluster; it is started for the first of them, and stopped after the last. */
    static final class Shared implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == MiniHdfs.class;
        }

        @Override
        public MiniHdfs resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.GLOBAL)
                    .computeIfAbsent(MiniHdfs.class, key -> start(), MiniHdfs.class);
        }
    }

    private static MiniHdfs start() {
        Configuration configuration = new Configuration();
        configuration.set("dfs.namenode.fs-limits.min-block-size", "1024");
        configuration.set("dfs.datanode.data.dir.perm", "755");
        try {
            Path directory = Files.createTempDirectory("sluice-hdfs");
            MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration, directory.toFile())
                    .numDataNodes(1)
                    .build();
            cluster.waitActive();
            return new MiniHdfs(directory, cluster);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code hdfs://127.0.0.1:port}. */
    String uri() {
        return cluster.getURI().toString();
    }

    /** The cluster, to hurt it. */
    MiniDFSCluster cluster() {
        return cluster;
    }

    @Override
    public void close() {
        cluster.shutdown(true, true);
        FileUtil.fullyDelete(directory.toFile());
    }
}
