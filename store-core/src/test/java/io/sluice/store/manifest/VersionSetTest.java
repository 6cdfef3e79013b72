// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VersionSetTest {
    private static final String BYTEWISE = "leveldb.BytewiseComparator";

    private final MemoryStorage storage = new MemoryStorage("store");

    @Test
    void shouldFindEverythingAgainAfterReopening() throws IOException {
        String dbId;
        long number;
        try (VersionSet versions = open(storage)) {
            ColumnFamilyInfo second = versions.createColumnFamily("second", BytewiseComparator.INSTANCE, 3);
            number = versions.newFileNumber();
            versions.logAndApply(List.of(
                    new VersionEdit()
                            .addFile(0, TestFiles.file(number, "a", "k", 1, 5, 1))
                            .lastSequence(5),
                    new VersionEdit(second.id())
                            .addFile(2, TestFiles.file(90, "b", "c", 2, 4, 1))
                            .logNumber(7)));
            dbId = versions.dbId();
        }
        try (VersionSet versions = open(storage)) {
            assertThat(describe(versions)).isEqualTo("seq 5 default{0:[" + number + "]} second{2:[90]}");
            assertThat(versions.dbId()).isEqualTo(dbId);
            assertThat(versions.newFileNumber()).isGreaterThan(91);
            assertThat(versions.newEpochNumber(0)).isEqualTo(2);
            assertThat(versions.columnFamily(1).logNumber()).isEqualTo(7);
        }
    }

    @Test
    void shouldOrderL0ByEpochNumberAndDeeperLevelsByKey() throws IOException {
        try (VersionSet versions = open(storage)) {
            versions.logAndApply(new VersionEdit()
                    .addFile(0, TestFiles.file(11, "a", "b", 1, 2, 2))
                    .addFile(0, TestFiles.file(12, "a", "b", 1, 2, 3))
                    .addFile(0, TestFiles.file(13, "a", "b", 1, 2, 1))
                    .addFile(1, TestFiles.file(14, "m", "n", 1, 2, 1))
                    .addFile(1, TestFiles.file(15, "c", "d", 1, 2, 1)));
            Version version = versions.columnFamily(0).version();
            assertThat(version.files(0)).extracting(FileMetadata::number).containsExactly(12L, 11L, 13L);
            assertThat(version.files(1)).extracting(FileMetadata::number).containsExactly(15L, 14L);
            assertThat(version.firstFileAtOrAfter(1, TestFiles.key("a", 9).buffer()))
                    .isZero();
            assertThat(version.firstFileAtOrAfter(1, TestFiles.key("e", 9).buffer()))
                    .isEqualTo(1);
            assertThat(version.firstFileAtOrAfter(1, TestFiles.key("z", 9).buffer()))
                    .isEqualTo(2);
        }
    }

    @Test
    void shouldRefuseEditsThatMakeNoSense() throws IOException {
        try (VersionSet versions = open(storage)) {
            versions.logAndApply(new VersionEdit().addFile(1, TestFiles.file(11, "c", "g", 1, 2, 1)));
            String before = describe(versions);
            assertRefused(() -> versions.logAndApply(new VersionEdit().deleteFile(1, 12)), "deletes file 12");
            assertRefused(() -> versions.logAndApply(new VersionEdit().deleteFile(0, 11)), "it is on level 1");
            assertRefused(
                    () -> versions.logAndApply(new VersionEdit().addFile(0, TestFiles.file(11, "a", "b", 1, 2, 1))),
                    "adds file 11");
            assertRefused(
                    () -> versions.logAndApply(new VersionEdit().addFile(1, TestFiles.file(12, "e", "z", 1, 2, 1))),
                    "overlap on level 1");
            assertRefused(
                    () -> versions.logAndApply(new VersionEdit().addFile(1, TestFiles.file(12, "z", "y", 1, 2, 1))),
                    "smallest key");
            assertRefused(() -> versions.logAndApply(new VersionEdit(7).lastSequence(3)), "column family 7");
            assertThat(describe(versions)).isEqualTo(before);
            assertThat(versions.isUncertain()).isFalse();
        }
        open(storage).close();
    }

    @Test
    void shouldNeverUseAColumnFamilysIdAgain() throws IOException {
        try (VersionSet versions = open(storage)) {
            ColumnFamilyInfo first = versions.createColumnFamily("a", BytewiseComparator.INSTANCE, 0);
            versions.dropColumnFamily(first.id());
            assertThatThrownBy(() -> versions.createColumnFamily("default", BytewiseComparator.INSTANCE, 0))
                    .hasMessageContaining("manifest.column-family-exists");
            assertThatThrownBy(() -> versions.dropColumnFamily(0)).hasMessageContaining("manifest.drop-default");
            assertThatThrownBy(() -> versions.dropColumnFamily(first.id()))
                    .hasMessageContaining("manifest.no-column-family");
        }
        try (VersionSet versions = open(storage)) {
            assertThat(versions.createColumnFamily("a", BytewiseComparator.INSTANCE, 0)
                            .id())
                    .isEqualTo(2);
        }
    }

    @Test
    void shouldKeepFilesOfARetainedVersionFromDeletion() throws IOException {
        try (VersionSet versions = open(storage)) {
            touch("000077.sst");
            touch("000078.sst");
            touch("000099.sst");
            touch("000001.log");
            touch("notes.txt");
            versions.logAndApply(new VersionEdit()
                    .addFile(0, TestFiles.file(77, "a", "b", 1, 2, 1))
                    .logNumber(2));
            assertThat(versions.obsoleteFiles(Set.of(78L))).containsExactly("000001.log", "000099.sst");
            Version held = versions.retainVersion(0);
            versions.logAndApply(new VersionEdit().deleteFile(0, 77));
            assertThat(versions.obsoleteFiles(Set.of(78L, 99L))).containsExactly("000001.log");
            held.release();
            assertThat(held.tryRetain()).isFalse();
            assertThatThrownBy(held::release).isInstanceOf(IllegalStateException.class);
            assertThat(versions.obsoleteFiles(Set.of(78L, 99L))).containsExactly("000001.log", "000077.sst");
        }
    }

    @Test
    void shouldPassOverNumbersFoundOnStorage() throws IOException {
        open(storage).close();
        touch("000500.sst");
        try (VersionSet versions = open(storage)) {
            assertThat(versions.newFileNumber()).isGreaterThan(500);
        }
    }

    @Test
    void shouldStartANewManifestWhenTheOldOneIsLong() throws IOException {
        ManifestOptions defaults = ManifestOptions.defaults();
        ManifestOptions small = new ManifestOptions(
                true, defaults.defaultComparator(), defaults.comparators(), 2000, defaults.random());
        try (VersionSet versions = VersionSet.open(storage, Epoch.take(storage), small)) {
            String first = versions.manifestName();
            for (int i = 1; i <= 100; i++) {
                versions.logAndApply(new VersionEdit().addFile(0, TestFiles.file(1000 + i, "a", "b", 1, 2, i)));
            }
            assertThat(versions.manifestName()).isNotEqualTo(first);
            assertThat(storage.list("").stream().filter(n -> n.startsWith("MANIFEST")))
                    .hasSize(1);
        }
        try (VersionSet versions = open(storage)) {
            assertThat(versions.columnFamily(0).version().fileCount()).isEqualTo(100);
        }
    }

    @Test
    void shouldTellThatItWasDeposed() throws IOException {
        VersionSet deposed = open(storage);
        try (VersionSet owner = open(storage)) {
            owner.logAndApply(new VersionEdit().lastSequence(3));
            long used = deposed.newFileNumber();
            assertThat(used).isPositive();
        }
        Epoch old = Epoch.take(storage);
        Epoch.take(storage);
        assertThatThrownBy(() -> old.create("x"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FENCED));
        assertThatThrownBy(() -> VersionSet.open(storage, old, ManifestOptions.defaults()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FENCED));
        assertThatThrownBy(() -> old.createDirectory("job")).hasMessageContaining("epoch " + old.number());
    }

    @Test
    @Tag("A32")
    void shouldNumberEpochsUpwardsAndDeleteWhatTheDeposedLeft() throws IOException {
        Epoch first = Epoch.take(storage);
        first.createDirectory("job");
        storage.create(first.directory() + "/job/000012.sst").close();
        Epoch second = Epoch.take(storage);
        assertThat(second.number()).isGreaterThan(first.number());
        assertThat(storage.list("")).containsExactly(second.directory());
        assertThat(Epoch.take(storage.crashClone()).number()).isEqualTo(second.number() + 1);
    }

    @Test
    void shouldNameABrokenCurrentOrAMissingStore() throws IOException {
        ManifestOptions options = ManifestOptions.defaults();
        ManifestOptions existing = new ManifestOptions(
                false,
                options.defaultComparator(),
                options.comparators(),
                options.maxManifestFileSize(),
                options.random());
        Epoch epoch = Epoch.take(storage);
        assertThatThrownBy(() -> VersionSet.open(storage, epoch, existing)).hasMessageContaining("manifest.no-store");
        for (String content : List.of("", "MANIFEST-000001", "../x\n", "MANIFEST-1\nMANIFEST-2\n", "x".repeat(100))) {
            storage.delete("CURRENT");
            try (WritableFile file = storage.create("CURRENT")) {
                byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
                file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            }
            assertThatThrownBy(() -> VersionSet.open(storage, epoch, options)).hasMessageContaining("manifest.current");
        }
    }

    @Test
    void shouldEndDamagedManifestsInNamedErrors() throws IOException {
        String name;
        List<String> states = new ArrayList<>();
        try (VersionSet versions = open(storage)) {
            name = versions.manifestName();
            states.add(describe(versions));
            for (int i = 1; i <= 20; i++) {
                versions.logAndApply(new VersionEdit()
                        .addFile(0, TestFiles.file(100 + i, "a", "b", 1, i, i))
                        .lastSequence(i));
                states.add(describe(versions));
            }
        }
        byte[] whole = read(storage, name);
        long seed = 5;
        Random random = new Random(seed);
        for (int round = 0; round < 1500; round++) {
            byte[] damaged = whole.clone();
            if (round % 3 == 0) {
                damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
            } else {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 + random.nextInt(255));
            }
            storage.delete(name);
            try (WritableFile file = storage.create(name)) {
                file.append(new UnsafeBuffer(damaged), 0, damaged.length);
            }
            try {
                ManifestState state = ManifestReader.read(
                        storage, name, BYTEWISE, ManifestOptions.defaults().comparators());
                assertThat(states).as("seed %d round %d", seed, round).contains(describe(state));
            } catch (StoreException e) {
                assertThat(e.kind()).isIn(Kind.CORRUPTION, Kind.NOT_SUPPORTED);
            }
        }
    }

    /** Fails each storage call of opening and editing in turn: what is found after a crash is the state of before or after. */
    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldBeBeforeOrAfterTheEditWhereverStorageFails(Fault fault) throws IOException {
        for (boolean forGood : new boolean[] {false, true}) {
            long calls = failAt(Long.MAX_VALUE, fault, forGood);
            assertThat(calls).isGreaterThan(40);
            for (long at = 0; at < calls; at++) {
                failAt(at, fault, forGood);
            }
        }
    }

    private static long failAt(long at, Fault fault, boolean forGood) throws IOException {
        MemoryStorage memory = new MemoryStorage("fails at " + at);
        try (VersionSet versions = open(memory)) {
            versions.logAndApply(new VersionEdit()
                    .addFile(0, TestFiles.file(50, "a", "b", 1, 1, 1))
                    .lastSequence(1));
        }
        FaultInjectingStorage faulty = new FaultInjectingStorage(memory);
        if (forGood) {
            faulty.failFrom(at, fault);
        } else {
            faulty.failOnly(at, fault);
        }
        List<String> possible = new ArrayList<>(List.of("seq 1 default{0:[50]}"));
        VersionSet versions = null;
        try {
            versions = open(faulty);
            for (int i = 2; i <= 4; i++) {
                String before = describe(versions);
                try {
                    versions.logAndApply(new VersionEdit()
                            .addFile(0, TestFiles.file(60 + i, "a", "b", 1, i, i))
                            .lastSequence(i));
                    possible = new ArrayList<>(List.of(describe(versions)));
                } catch (StoreException e) {
                    assertThat(describe(versions))
                            .as("a failed edit changed the state")
                            .isEqualTo(before);
                    if (versions.isUncertain()) {
                        String sequence = "seq " + i + " ";
                        possible.add(sequence + withFile(before, 60 + i));
                    }
                    assertThat(versions.obsoleteFiles(Set.of()).isEmpty() || !versions.isUncertain())
                            .isTrue();
                }
                check(memory, possible, at);
            }
        } catch (StoreException e) {
            Kind injected = switch (fault) {
                case NO_SPACE -> Kind.NO_SPACE;
                case CROSS_DEVICE -> Kind.NOT_SUPPORTED;
                default -> Kind.IO;
            };
            assertThat(e.kind()).as("at call %d", at).isIn(injected, Kind.FENCED);
        }
        check(memory, possible, at);
        if (versions != null) {
            closeQuietly(versions);
        }
        return faulty.calls();
    }

    private static void check(MemoryStorage memory, List<String> possible, long at) throws IOException {
        for (int torn = 0; torn < 3; torn++) {
            MemoryStorage left = torn == 0 ? memory.crashClone() : memory.crashClone(new Random(at * 3 + torn));
            try (VersionSet reopened = open(left)) {
                assertThat(possible).as("at call %d", at).contains(describe(reopened));
            }
        }
    }

    private static String withFile(String state, long number) {
        return state.substring(state.indexOf("default")).replace("[", "[" + number + ", ");
    }

    private static void closeQuietly(VersionSet versions) {
        try {
            versions.close();
        } catch (IOException e) {
            assertThat(e).isInstanceOf(StoreException.class);
        }
    }

    private static void assertRefused(ThrowingCallable call, String problem) {
        assertThatThrownBy(call).hasMessageContaining(problem).hasMessageContaining("manifest.inconsistent");
    }

    private void touch(String name) throws IOException {
        storage.create(name).close();
    }

    private static byte[] read(Storage storage, String name) throws IOException {
        try (ReadableFile file = storage.open(name)) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return bytes;
        }
    }

    private static VersionSet open(Storage storage) throws IOException {
        return VersionSet.open(storage, Epoch.take(storage), ManifestOptions.defaults());
    }

    private static String describe(VersionSet versions) {
        return describe(versions.lastSequence(), versions.columnFamilies().values());
    }

    private static String describe(ManifestState state) {
        return describe(state.lastSequence(), state.columnFamilies().values());
    }

    private static String describe(long sequence, Iterable<ColumnFamilyInfo> families) {
        StringBuilder text = new StringBuilder("seq " + sequence);
        for (ColumnFamilyInfo family : families) {
            text.append(' ').append(family.name()).append('{');
            for (int level = 0; level < family.version().levelCount(); level++) {
                if (!family.version().files(level).isEmpty()) {
                    text.append(level)
                            .append(':')
                            .append(family.version().files(level).stream()
                                    .map(FileMetadata::number)
                                    .toList());
                }
            }
            text.append('}');
        }
        return text.toString();
    }
}
