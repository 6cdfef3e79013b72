// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.process.MountCommands;
import io.sluice.compaction.mount.DynamicMounts;
import io.sluice.compaction.mount.MountTable;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.config.ConfigException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Whose storage a worker of compactions may use, and which it finds or mounts. */
final class SharedStorageOptions {
    @Option(
            names = "--mount-root",
            paramLabel = "DIR",
            description = "What a store's hoster_root stands for here: each store's files are in the directory of its"
                    + " instance_name; by default their URIs hold as they are. Environment: NFS_MOUNT_ROOT.")
    private @Nullable Path mountRoot;

    @Option(
            names = "--dynamic-mount",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description =
                    "Mount below --mount-root what jobs name, where --mounts-file allows it, as root and on Linux;"
                            + " ${DEFAULT-VALUE}. Environment: NFS_DYNAMIC_MOUNT.")
    private boolean dynamicMount;

    @Option(
            names = "--mounts-file",
            paramLabel = "FILE",
            description = "What jobs may have mounted, a line for each: INSTANCE TYPE SOURCE OPTIONS, where * is any"
                    + " instance, a source stands for what is below it too, options are separated by commas, NAME=* is"
                    + " an option with any value, and - none.")
    private @Nullable Path mountsFile;

    @Option(
            names = "--tenants-file",
            paramLabel = "FILE",
            description =
                    "Who shares the worker, a line for each: INSTANCE SECRET_FILE ROOT...; with its secret a tenant"
                            + " submits jobs of its instance_name alone, with storage below its roots, and knows of no others.")
    private @Nullable Path tenantsFile;

    /** Puts them into a worker's settings. */
    void applyTo(CommandSpec command, WorkerSettings.Builder settings) {
        Path root = mountRoot;
        Path mounts = mountsFile;
        Path tenants = tenantsFile;
        if (dynamicMount) {
            if (root == null || mounts == null) {
                throw ConfigDefaults.error(
                        command,
                        "--dynamic-mount",
                        "needs --mount-root, where to mount, and --mounts-file, which says what may be mounted");
            }
            settings.mounts(new DynamicMounts(
                    read(command, "--mounts-file", mounts, MountTable::read), MountCommands.ofThisMachine()));
        }
        settings.mountRoot(root == null ? null : root.toAbsolutePath().toString());
        if (tenants != null) {
            settings.tenants(read(command, "--tenants-file", tenants, TenantsFile::read));
        }
    }

    private static <T> T read(CommandSpec command, String option, Path file, Function<Path, T> reader) {
        try {
            return reader.apply(file);
        } catch (ConfigException e) {
            throw ConfigDefaults.error(command, option, String.valueOf(e.getMessage()));
        }
    }
}
