// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where one opening of a store copies its jobs to, with {@code copy_sst_files}: a directory of its own for each job,
 * {@code hoster_root/sluice-<database>/<epoch>-<job>}. What earlier openings left is deleted at the start. Safe for
 * concurrent use.
 */
final class CopyArea implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CopyArea.class);
    private static final Pattern DATABASE = Pattern.compile("[A-Za-z0-9_-]{1,128}");
    private static final Pattern JOB = Pattern.compile("([1-9][0-9]{0,17})-[1-9][0-9]{0,18}(-ended)?");

    private final Storage root;
    private final String rootPath;
    private final String directory;

    private CopyArea(Storage root, String rootPath, String directory) {
        this.root = root;
        this.rootPath = rootPath;
        this.directory = directory;
    }

    /**
     * Opens the area and deletes what earlier openings of the store left there.
     *
     * @param hosterRoot a directory that exists
     */
    static CopyArea open(String hosterRoot, String database, long epoch) throws IOException {
        if (!DATABASE.matcher(database).matches()) {
            throw StoreException.invalid(
                    "compaction.remote.copy",
                    "copy_sst_files: the store's IDENTITY '" + database + "' is no plain name of a directory");
        }
        CopyArea area = new CopyArea(Storages.open(hosterRoot, Map.of()), hosterRoot, "sluice-" + database);
        try {
            area.root.createDirectory(area.directory);
            area.collect(epoch);
            return area;
        } catch (IOException | RuntimeException | Error e) {
            area.close();
            throw e;
        }
    }

    private void collect(long epoch) throws IOException {
        for (String name : root.list(directory)) {
            Matcher matcher = JOB.matcher(name);
            if (matcher.matches() && Long.parseLong(matcher.group(1)) < epoch) {
                LOG.info("deleting {}/{}, which an earlier opening of the store has left", directory, name);
                root.deleteRecursively(directory + "/" + name);
            }
        }
    }

    private String name(CompactionJob job) {
        return directory + "/" + job.id().epoch() + "-" + job.id().number();
    }

    /** Makes a job's directory. The caller closes it. */
    Storage create(CompactionJob job) throws IOException {
        root.createDirectory(name(job));
        return Storages.open(rootPath + "/" + name(job), Map.of());
    }

    /** Best effort: the next opening deletes what is left. Under its new name no late worker makes files any more. */
    void delete(CompactionJob job) {
        String ended = name(job) + "-ended";
        try {
            root.rename(name(job), ended);
            root.deleteRecursively(ended);
        } catch (IOException e) {
            LOG.warn("the copies of compaction {} can't be deleted", job.id(), e);
        }
    }

    @Override
    public void close() {
        try {
            root.close();
        } catch (IOException e) {
            LOG.debug("{} can't be closed", rootPath, e);
        }
    }
}
