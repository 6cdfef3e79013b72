// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.config.ConfigException;
import io.sluice.store.base.StoreException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a worker's owner allows to be mounted. */
@Tag("B16")
class MountTableTest {
    private static final MountTable TABLE = MountTable.parse(
            "mounts",
            List.of(
                    "# instance type source options",
                    "",
                    "db1  nfs   10.0.0.5:/export/db1    vers=4.2,rsize=*   # of its own",
                    "*    nfs   :/nvmepool/shared/      nolock,addr=192.168.31.16",
                    "db2  nfs4  [fe80::5]:/             -",
                    "db2  nfs   10.0.0.5:/export/db2    ro"));

    private static Mount allow(String instance, String type, String source, String options) throws StoreException {
        return TABLE.allow(instance, new HosterDocument.Mount(type, source, options));
    }

    @Test
    void shouldAllowASourceAndWhatIsBelowItWithTheOptionsOfItsRow() throws StoreException {
        assertThat(allow("db1", "nfs", "10.0.0.5:/export/db1", ""))
                .isEqualTo(new Mount("nfs", "10.0.0.5:/export/db1", ""));
        assertThat(allow("db1", "nfs", "10.0.0.5:/export/db1/shard-3/", "rsize=65536,vers=4.2"))
                .isEqualTo(new Mount("nfs", "10.0.0.5:/export/db1/shard-3", "rsize=65536,vers=4.2"));
        assertThat(allow("any", "nfs", ":/nvmepool/shared", "nolock,addr=192.168.31.16"))
                .isEqualTo(new Mount("nfs", ":/nvmepool/shared", "nolock,addr=192.168.31.16"));
        assertThat(allow("db2", "nfs4", "[fe80::5]:/", "").source()).isEqualTo("[fe80::5]:/");
        assertThat(allow("db2", "nfs4", "[fe80::5]:/a", "").source()).isEqualTo("[fe80::5]:/a");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                // of another instance, type, server; above it; beside it
                "db2, nfs, 10.0.0.5:/export/db1, vers=4.2",
                "db1, nfs4, 10.0.0.5:/export/db1, vers=4.2",
                "db1, cifs, 10.0.0.5:/export/db1, vers=4.2",
                "db1, nfs, 10.0.0.6:/export/db1, vers=4.2",
                "db1, nfs, :/export/db1, vers=4.2",
                "db1, nfs, 10.0.0.5:/export, vers=4.2",
                "db1, nfs, 10.0.0.5:/, vers=4.2",
                "db1, nfs, 10.0.0.5:/export/db10, vers=4.2",
                "db1, nfs, 10.0.0.5:/export/db1/../db2, vers=4.2",
                "db1, nfs, 10.0.0.5:/export/db1/./x, vers=4.2",
                "db1, nfs, 10.0.0.5:/export//db1, vers=4.2",
                "db1, nfs, 10.0.0.5:/export/db1//etc, vers=4.2",
                "db1, nfs, /etc, vers=4.2",
                // with options that nobody, or another row, allows
                "db1, nfs, 10.0.0.5:/export/db1, vers=3",
                "db1, nfs, 10.0.0.5:/export/db1, vers",
                "db1, nfs, 10.0.0.5:/export/db1, ro",
                "db1, nfs, 10.0.0.5:/export/db1, addr=192.168.31.16",
                "db1, nfs, 10.0.0.5:/export/db1, suid",
                "db1, nfs, 10.0.0.5:/export/db1, \"vers=4.2,suid\"",
                "db1, nfs, 10.0.0.5:/export/db1, \"rsize=1,rsize=2\"",
                "db1, nfs, :/nvmepool/shared, addr=10.0.0.9",
                "db1, nfs, :/nvmepool/shared, addr=*",
            })
    void shouldRefuseWhatNoRowAllowsAsAWhole(String instance, String type, String source, String options) {
        refuse(instance, type, source, options);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-o",
                "--bind",
                "$(reboot)",
                "`reboot`",
                "a b",
                "a;b",
                "a|b",
                "a&b",
                "a\nb",
                "a\0b",
                "a'b",
                "a\"b",
                "a\\b",
                "a,b",
                "a=b",
                "ä"
            })
    void shouldRefuseWhatCouldBeTakenForSomethingElse(String trick) {
        refuse("db1", trick, "10.0.0.5:/export/db1", "");
        refuse("db1", "nfs", trick, "");
        refuse("db1", "nfs", "10.0.0.5:/export/db1/" + trick.replaceFirst("^-+", " "), "");
        refuse("db1", "nfs", "10.0.0.5:/export/db1", trick);
        refuse("db1", "nfs", "10.0.0.5:/export/db1", "rsize=1" + trick.replaceFirst("^-+", " "));
    }

    @Test
    void shouldNotShowAPassword() {
        assertThatThrownBy(() -> allow("db1", "nfs", "10.0.0.5:/export/db1", "password=abc123"))
                .isInstanceOf(StoreException.class)
                .hasMessageNotContaining("abc123");
    }

    private static void refuse(String instance, String type, String source, String options) {
        assertThatThrownBy(() -> allow(instance, type, source, options))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("compaction.worker.mount"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "db1 nfs 10.0.0.5:/export, found 3 words",
                "db1 nfs 10.0.0.5:/export a b, found 5 words",
                "db1 NFS 10.0.0.5:/export -, is no type",
                "db1 nfs -x -, is no source",
                "db1 nfs a:/b/../c -, has '..' in it",
                "db1 nfs a:/b//c -, has an empty part",
                "\"db1 nfs a:/b rw,\", is no option",
                "db1 nfs a:/b *, is no option",
                "db1 nfs a:/b vers=*3, is no option",
                "db1 cifs //a/b password=*, credentials"
            })
    void shouldNameTheLineThatIsWrong(String line, String problem) {
        assertThatThrownBy(() -> MountTable.parse("mounts", List.of("# first", line)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("mounts file mounts, line 2", problem);
    }

    @Test
    void shouldRefuseATableThatSaysNothing() {
        assertThatThrownBy(() -> MountTable.parse("mounts", List.of("# nothing")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("found 0");
        assertThatThrownBy(() -> MountTable.read(Path.of("/nowhere/mounts")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("can't be read");
    }
}
