// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.StoreException;
import io.sluice.store.fuzz.LincheckTier;
import io.sluice.store.storage.MemoryStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A version set is a set of files that edits change and that readers see as it was at one moment; no file of a version that
 * is held is told to be unreferenced, and in the end the manifest tells the same.
 */
@Tag("lincheck")
@Param(name = "file", gen = IntGen.class, conf = "1:4")
public class VersionSetLincheckTest {
    private static final int FIRST = 1000;

    private final MemoryStorage storage = new MemoryStorage("lincheck");
    private final VersionSet versions;

    public VersionSetLincheckTest() {
        try {
            versions = VersionSet.open(storage, Epoch.take(storage), options());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ManifestOptions options() {
        ManifestOptions defaults = ManifestOptions.defaults();
        // So small that the manifest is written anew now and then.
        return new ManifestOptions(true, defaults.defaultComparator(), defaults.comparators(), 600, new Random(1));
    }

    @Operation(params = "file")
    public boolean add(int file) throws IOException {
        long number = FIRST + (long) file;
        return apply(new VersionEdit().addFile(0, TestFiles.file(number, "a", "b", number, number, number)));
    }

    @Operation(params = "file")
    public boolean remove(int file) throws IOException {
        return apply(new VersionEdit().deleteFile(0, FIRST + (long) file));
    }

    /** The files of the present version, which must be safe while it is held. */
    @Operation
    public String files() throws IOException {
        Version version = versions.retainVersion(0);
        try {
            SortedSet<Long> files = numbers(version);
            for (long unreferenced : versions.takeUnreferencedTables()) {
                if (files.contains(unreferenced)) {
                    return unreferenced + " is held, and told to be unreferenced";
                }
            }
            return files.toString();
        } finally {
            version.release();
        }
    }

    @Validate
    public void isWhatTheManifestTells() throws IOException {
        SortedSet<Long> files = numbers(versions.columnFamily(0).version());
        versions.close();
        try (VersionSet again = VersionSet.open(storage, Epoch.take(storage), options())) {
            SortedSet<Long> found = numbers(again.columnFamily(0).version());
            if (!found.equals(files)) {
                throw new IllegalStateException("files " + files + ", the manifest tells " + found);
            }
        }
    }

    private boolean apply(VersionEdit edit) throws IOException {
        try {
            versions.logAndApply(edit);
            return true;
        } catch (StoreException e) {
            if (!e.code().equals("manifest.inconsistent")) {
                throw e;
            }
            return false;
        }
    }

    private static SortedSet<Long> numbers(Version version) {
        SortedSet<Long> numbers = new TreeSet<>();
        version.files(0).forEach(file -> numbers.add(file.number()));
        return numbers;
    }

    /** What a version set should be. */
    public static final class SetOfFiles {
        private final TreeSet<Long> files = new TreeSet<>();

        public boolean add(int file) {
            return files.add((long) FIRST + file);
        }

        public boolean remove(int file) {
            return files.remove((long) FIRST + file);
        }

        public String files() {
            return files.toString();
        }
    }

    @Test
    void shouldBeLinearizableUnderStress() {
        LincheckTier.stress()
                .invocationsPerIteration(100)
                .sequentialSpecification(SetOfFiles.class)
                .check(VersionSetLincheckTest.class);
    }
}
