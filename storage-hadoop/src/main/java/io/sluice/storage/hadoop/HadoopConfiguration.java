// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * Hadoop's configuration as a store uses it, later ones over earlier: Hadoop's defaults and what is on the class path;
 * {@code core-site.xml} and {@code hdfs-site.xml} of the directory {@code hadoop.conf.dir} or else of
 * {@code HADOOP_CONF_DIR}; bounds on retries, where none of these sets them; the caller's settings.
 */
final class HadoopConfiguration {
    /** A setting of ours: the directory of Hadoop's configuration, before the environment's HADOOP_CONF_DIR. */
    static final String CONF_DIR = "hadoop.conf.dir";

    /**
     * Hadoop's own defaults go on for 15 minutes where a NameNode's host does not answer; a store must tell its user
     * sooner. With these a call fails after about 30 s then, and after 2 s where the connection is refused.
     */
    private static final Map<String, String> BOUNDS = Map.of(
            "ipc.client.connect.max.retries", "3",
            "ipc.client.connect.retry.interval", "500",
            "ipc.client.connect.timeout", "10000",
            "ipc.client.connect.max.retries.on.timeouts", "2",
            "ipc.client.rpc-timeout.ms", "60000",
            "dfs.client.block.write.locateFollowingBlock.retries", "7");

    /** Hadoop makes this a part of its client's name, whatever it is: the NameNode tells it of who has a file open. */
    private static final String CLIENT_LABEL = "mapreduce.task.attempt.id";

    private HadoopConfiguration() {}

    static Configuration load(Map<String, String> settings) throws StoreException {
        Configuration configuration = new Configuration();
        String directory = settings.getOrDefault(CONF_DIR, System.getenv("HADOOP_CONF_DIR"));
        if (directory != null && !directory.isEmpty()) {
            addSite(configuration, Path.of(directory));
        }
        BOUNDS.forEach((key, value) -> {
            if (!isSetByUser(configuration, key)) {
                configuration.set(key, value);
            }
        });
        settings.forEach((key, value) -> {
            if (!key.equals(CONF_DIR)) {
                configuration.set(key, value);
            }
        });
        if (configuration.get(CLIENT_LABEL) == null) {
            configuration.set(CLIENT_LABEL, describeThisProcess());
        }
        // On SIGTERM Hadoop would close what a role still needs for its orderly end: whoever opened a storage closes
        // it.
        configuration.set("fs.automatic.close", "false");
        // The checksum of a file then does not depend on its blocks, and is that of its bytes.
        configuration.set("dfs.checksum.combine.mode", "COMPOSITE_CRC");
        return configuration;
    }

    private static void addSite(Configuration configuration, Path directory) throws StoreException {
        if (!Files.isDirectory(directory)) {
            throw StoreException.invalid(
                    "storage.conf-dir",
                    "Hadoop's configuration directory " + directory + " (" + CONF_DIR
                            + " or HADOOP_CONF_DIR) is no directory");
        }
        for (String file : new String[] {"core-site.xml", "hdfs-site.xml"}) {
            Path site = directory.resolve(file);
            if (Files.isReadable(site)) {
                configuration.addResource(new org.apache.hadoop.fs.Path(site.toUri()));
            }
        }
    }

    private static String describeThisProcess() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown-host";
        }
        return "pid-" + ProcessHandle.current().pid() + "-on-" + host;
    }

    private static boolean isSetByUser(Configuration configuration, String key) {
        String @Nullable [] sources = configuration.getPropertySources(key);
        return sources != null && sources.length > 0 && !sources[sources.length - 1].endsWith("-default.xml");
    }
}
