// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.config.ConfigDefaults;
import io.sluice.config.ByteSize;
import io.sluice.flush.placement.LoadLimits;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What counts as full load when a worker is chosen. */
final class LoadLimitOptions {
    @Option(
            names = "--max-hdfs-io",
            paramLabel = "SIZE",
            description = "Storage output a second that counts as full load; ${DEFAULT-VALUE}.")
    private ByteSize maxHdfsIo = new ByteSize(LoadLimits.DEFAULT.maxHdfsIo());

    @Option(
            names = "--max-background-job-num",
            paramLabel = "N",
            description = "Jobs at a time that count as full load; ${DEFAULT-VALUE}.")
    private int maxBackgroundJobs = LoadLimits.DEFAULT.maxBackgroundJobs();

    LoadLimits limits(CommandSpec command) {
        if (maxHdfsIo.bytes() < 1) {
            throw ConfigDefaults.error(command, "--max-hdfs-io", "expected at least 1");
        }
        if (maxBackgroundJobs < 1) {
            throw ConfigDefaults.error(command, "--max-background-job-num", "expected at least 1");
        }
        return new LoadLimits(maxHdfsIo.bytes(), maxBackgroundJobs);
    }
}
