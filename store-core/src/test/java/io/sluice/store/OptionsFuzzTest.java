// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.options.OptionText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** OPTIONS files, understood strictly and passing over what is not known. */
class OptionsFuzzTest extends FuzzTarget {
    private static final ConfigOptions STRICT =
            ConfigOptions.builder().ignoreUnsupportedOptions(false).build();
    private static final ConfigOptions LENIENT =
            ConfigOptions.builder().ignoreUnknownOptions(true).build();

    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String writer : List.of("sluice", "rocksdb-7.8.3", "rocksdb-10.2.1", "rocksdb-11.8.1")) {
            seeds.add(Files.readAllBytes(Path.of("src", "test", "resources", "golden", "OPTIONS-" + writer)));
        }
        String head = "[Version]\noptions_file_version=1.1\n[DBOptions]\n";
        for (String rest : List.of(
                "max_open_files=-1\nwal_recovery_mode=kPointInTimeRecovery\n[CFOptions \"default\"]\n",
                "[CFOptions \"default\"]\nwrite_buffer_size=1M\nmerge_operator={id=StringAppendOperator;delimiter=\\:;}\n",
                "[CFOptions \"default\"]\n[TableOptions/BlockBasedTable \"default\"]\nfilter_policy=bloomfilter:10:false\n",
                "[CFOptions \"default\"]\ncompression=kZSTD\n[CFOptions \"\\\\a\\#\"]\nprefix_extractor=fixed:3\nttl=1\n")) {
            seeds.add((head + rest).getBytes(ISO_8859_1));
        }
        return seeds;
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.CORRUPTION, Kind.NOT_SUPPORTED, Kind.INVALID_ARGUMENT);
    }

    @Override
    protected void parse(byte[] input) {
        allow(500L * input.length);
        attempt(() -> read(STRICT, input));
        attempt(() -> read(LENIENT, input));
        String text = new String(input, ISO_8859_1);
        require(OptionText.unescape(OptionText.escape(text)).equals(text), "escapes change a text");
        OptionText.properties(text);
    }

    private static void read(ConfigOptions config, byte[] input) throws IOException {
        LoadedOptions options = OptionsUtil.parse(config, input, "fuzz");
        require(options.columnFamily("default") != null, "no default column family");
        LoadedOptions again = OptionsUtil.parse(config, input, "fuzz");
        require(again.skipped().equals(options.skipped()), "a second time, other options are passed over");
        require(names(again).equals(names(options)), "a second time, there are other column families");
    }

    private static List<String> names(LoadedOptions options) {
        return options.columnFamilies().stream()
                .map(ColumnFamilyDescriptor::name)
                .toList();
    }
}
