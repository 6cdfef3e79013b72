// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.options;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.StoreException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsFileReaderTest {
    private static final String HEAD = "[Version]\n rocksdb_version=7.8.3\n options_file_version=1.1\n[DBOptions]\n";
    private static final String WHOLE = """
            # This is a RocksDB option file.
            #
            \t
            [Version]  # and so on
              rocksdb_version=8.11.5\r
              options_file_version=1.1

            [DBOptions]
              max_open_files=-1   # all
              db_log_dir=/a\\#b\\:c
              empty =
            [CFOptions "default"]
              merge_operator={id=StringAppendOperator;delimiter=\\:;}
              a==b
            [TableOptions/BlockBasedTable "default"]
              block_size=4096
            [CFOptions "odd \\# \\\\ "name"] \\n"]
            [TableOptions/PlainTable "odd \\# \\\\ "name"] \\n"]
            """;

    private static OptionsFile read(String text) throws StoreException {
        return OptionsFileReader.read(text.getBytes(ISO_8859_1), "OPTIONS-000007");
    }

    @Test
    void shouldTakeSectionsNamesAndValuesApart() throws StoreException {
        OptionsFile file = read(WHOLE);
        assertThat(file.rocksDbVersion()).isEqualTo("8.11.5");
        assertThat(file.db().entries())
                .containsExactly(
                        new OptionEntry(9, "max_open_files", "-1"),
                        new OptionEntry(10, "db_log_dir", "/a\\#b\\:c"),
                        new OptionEntry(11, "empty", ""));
        OptionsFile.ColumnFamily first = file.columnFamilies().get(0);
        assertThat(first.options().argument()).isEqualTo("default");
        assertThat(first.options().entries())
                .extracting(OptionEntry::value)
                .containsExactly("{id=StringAppendOperator;delimiter=\\:;}", "=b");
        assertThat(Objects.requireNonNull(first.table()).entries()).hasSize(1);
        OptionsFile.ColumnFamily second = file.columnFamilies().get(1);
        assertThat(second.options().argument()).isEqualTo("odd # \\ \"name\"] \n");
        assertThat(Objects.requireNonNull(second.table()).title()).isEqualTo("TableOptions/PlainTable");
        assertThat(file.columnFamilies()).hasSize(2);
    }

    @Test
    void shouldReadWhatTheWriterWrites() throws StoreException {
        String awkward = "c\u00f4lumn \"#:\\\n\r] [";
        byte[] file = new OptionsFileWriter()
                .option("max_open_files", -1)
                .columnFamily("default")
                .option("num_levels", 7)
                .table("default")
                .columnFamily(awkward)
                .table(awkward)
                .option("block_size", 4096)
                .bytes();
        OptionsFile read = OptionsFileReader.read(file, "written");
        assertThat(read.rocksDbVersion()).isEqualTo("7.8.3");
        assertThat(read.db().entries()).containsExactly(new OptionEntry(8, "max_open_files", "-1"));
        OptionSection section = read.columnFamilies().get(1).options();
        assertThat(new String(section.argument().getBytes(ISO_8859_1), UTF_8)).isEqualTo(awkward);
        assertThat(Objects.requireNonNull(read.columnFamilies().get(1).table()).entries())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 | x=1 | before the first section",
                "1 | hello | expected name=value",
                "1 | =1 | expected name=value",
                "1 | [Else] | unknown section [Else]",
                "1 | [DBOptions] | no options_file_version",
                "1 | [Version] | no options_file_version",
                "2 | [Version];rocksdb_version=1.2.3.4 | is no version",
                "2 | [Version];rocksdb_version=9999999 | is no version",
                "2 | [Version];options_file_version=1.1.1 | is no version",
                "2 | [Version];options_file_version=1. | is no version",
                "2 | [Version];options_file_version= | is no version",
                "2 | [Version];[Version] | of line 1 stands again",
                "3 | [Version];options_file_version=1.1;options_file_version=1.1 | stands twice",
                "5 | HEAD;[DBOptions] | of line 4 stands again",
                "4 | HEAD | ends without the section [CFOptions",
                "2 | [Version];options_file_version=1.1 | ends without the section [DBOptions]",
                "5 | HEAD;[CFOptions] | the default one first",
                "5 | HEAD;[CFOptions \"x\"] | the default one first",
                "6 | HEAD;[CFOptions \"default\"];[CFOptions \"default\"] | the default one first",
                "6 | HEAD;[CFOptions \"default\"];[CFOptions \"\"] | the default one first",
                "7 | HEAD;[CFOptions \"default\"];[CFOptions \"x\"];[CFOptions \"x\"] | each other with a name",
                "5 | HEAD;[TableOptions/BlockBasedTable \"default\"] | which no section above describes",
                "6 | HEAD;[CFOptions \"default\"];[TableOptions/ \"default\"] | unknown section",
                "6 | HEAD;[CFOptions \"default\"];[TableOptions/A \"x\"] | which no section above describes",
                "7 | HEAD;[CFOptions \"default\"];[TableOptions/A \"default\"];[TableOptions/B \"default\"] | stands again",
            })
    void shouldRefuseWhatSaysNothingClearAndNameTheLine(int line, String text, String message) {
        String file = text.replace("HEAD;", HEAD).replace("HEAD", HEAD).replace(';', '\n');
        assertThatThrownBy(() -> read(file))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.code()).isEqualTo("options.file.malformed");
                    assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION);
                })
                .hasMessageStartingWith("OPTIONS-000007, line " + line + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseAnotherMajorVersionAndOversizedFiles() {
        assertThatThrownBy(() -> read("[Version]\noptions_file_version=2.0\n"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("options.file.version"))
                .hasMessageContaining("line 2: options_file_version=2.0");
        assertThatThrownBy(() -> OptionsFileReader.read(new byte[OptionsFileFormat.MAX_LENGTH + 1], "big"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("options.file.length"));
    }

    @Test
    void shouldRefuseMoreThanItHoldsInMemory() {
        StringBuilder families = new StringBuilder(HEAD).append("[CFOptions \"default\"]\n");
        for (int i = 0; i < 3 * OptionsFileFormat.MAX_COLUMN_FAMILIES; i++) {
            families.append("[CFOptions \"").append(i).append("\"]\n");
        }
        assertThatThrownBy(() -> read(families.toString())).hasMessageContaining("more than 65536 column families");
        StringBuilder options = new StringBuilder(HEAD);
        for (int i = 0; i <= OptionsFileFormat.MAX_OPTIONS; i++) {
            options.append(Integer.toString(i, 36)).append("=\n");
        }
        assertThatThrownBy(() -> read(options.toString()))
                .hasMessageContaining("line 524291: more than 524288 options");
    }

    @Test
    void shouldThrowNothingButStoreExceptionsWhateverTheBytes() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] whole = WHOLE.getBytes(ISO_8859_1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
                byte[] likely = {'[', ']', '"', '\\', '#', '=', '\n', 0, (byte) 0xff, '{', '}', ';'};
                bytes[random.nextInt(bytes.length)] = likely[random.nextInt(likely.length)];
            }
            try {
                OptionsFileReader.read(bytes, "random");
            } catch (StoreException e) {
                assertThat(e.code()).as("seed %d", seed).startsWith("options.file.");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "\\",
                "\\\\",
                "a#b",
                "#",
                ":",
                "\n",
                "\r\n",
                "\\n",
                "{",
                "a=b;c",
                "\u00ff\u0000",
                " "
            })
    void shouldUnescapeWhatItEscapes(String raw) {
        assertThat(OptionText.unescape(OptionText.escape(raw))).isEqualTo(raw);
        assertThat(OptionText.escape(raw)).doesNotContain("\n", "\r");
    }

    @Test
    void shouldTakePropertiesApart() {
        assertThat(OptionText.properties("{a=1;b={c=2;d=3};e=;f= x }"))
                .isEqualTo(Map.of("a", "1", "b", "c=2;d=3", "e", "", "f", " x "));
        assertThat(OptionText.properties(" { id = X;} ")).isEqualTo(Map.of("id", " X"));
        assertThat(OptionText.properties("{}")).isEmpty();
        for (String none :
                List.of("", "x", "a=1", "{", "}", "{a}", "{a=1}}", "{a={1}", "{a={1}2}", "{=1}", "{a=1;a=1}")) {
            assertThat(OptionText.properties(none)).as(none).isNull();
        }
        assertThat(OptionText.objectId("{id=A;x=1}")).isEqualTo("A");
        assertThat(OptionText.objectId("nullptr")).isEmpty();
        assertThat(OptionText.objectId("{id=nullptr;}")).isEmpty();
        assertThat(OptionText.objectId("bloomfilter\\:10")).isEqualTo("bloomfilter:10");
    }

    @Test
    void shouldNotSlowDownOverManyProperties() {
        String many = "{" + "a=1;b={};".repeat(200_000) + "}";
        assertThat(OptionText.properties(many)).isNull(); // names stand twice
        String nested = "{a=" + "{".repeat(1_000_000) + "}";
        assertThat(OptionText.properties(nested)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {",", "", ", ", ":", "#", "\\", "\n", ";", "{}", "=", "id=x", "\u00e9", " ", "\\n", "a:#\\"})
    void shouldKeepTheDelimiterOfAnAppendingOperator(String delimiter) {
        MergeOperator operator = MergeOperators.stringAppend(delimiter);
        String text = Objects.requireNonNull(ObjectOptions.text(operator));
        assertThat(Objects.requireNonNull(ObjectOptions.mergeOperator(text)).id())
                .isEqualTo(operator.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"}", "{", "};{", "a;}"})
    void shouldLeaveOutADelimiterThatNoFileCanHold(String delimiter) {
        assertThat(ObjectOptions.text(MergeOperators.stringAppend(delimiter))).isNull();
    }

    @Test
    void shouldKnowTheBuiltInObjects() {
        for (String name : List.of("uint64add", "UInt64AddOperator", "{id=UInt64AddOperator;}", "put", "MaxOperator")) {
            assertThat(ObjectOptions.mergeOperator(name)).as(name).isNotNull();
        }
        assertThat(ObjectOptions.mergeOperator("stringappendtest")).isNull();
        for (MergeOperator operator : List.of(MergeOperators.uint64Add(), MergeOperators.put(), MergeOperators.max())) {
            assertThat(ObjectOptions.mergeOperator(Objects.requireNonNull(ObjectOptions.text(operator))))
                    .isSameAs(operator);
        }
        assertThat(String.valueOf(ObjectOptions.prefixExtractor("fixed\\:8"))).isEqualTo("rocksdb.FixedPrefix.8");
        assertThat(String.valueOf(ObjectOptions.prefixExtractor("capped:3"))).isEqualTo("rocksdb.CappedPrefix.3");
        assertThat(String.valueOf(ObjectOptions.prefixExtractor("rocksdb.Noop")))
                .isEqualTo("rocksdb.Noop");
        assertThat(ObjectOptions.prefixExtractor("rocksdb.FixedPrefix.-1")).isNull();
        assertThat(ObjectOptions.text("a name")).isEqualTo("a name");
        assertThat(ObjectOptions.text(" padded")).isNull();
        assertThat(ObjectOptions.text("nullptr")).isNull();
    }
}
