// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputFileTest {
    @TempDir
    private Path directory;

    private List<String> read(String name, String text, String key, String... values) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, text);
        return read(new InputFile(file, InputFormat.of(InputFile.unpackedName(file)), key, List.of(values)));
    }

    private static List<String> read(InputFile file) throws IOException {
        List<String> records = new ArrayList<>();
        try (RecordReader reader = file.open()) {
            for (InputRecord record = reader.next(); record != null; record = reader.next()) {
                records.add(record.line() + " " + new String(record.key(), StandardCharsets.UTF_8) + "="
                        + new String(record.value(), StandardCharsets.UTF_8));
            }
        }
        return records;
    }

    @Test
    void shouldReadNamedColumnsOfTsvWithoutQuotesOrEscapes() throws IOException {
        assertThat(read("a.tsv", "name\tversion\tsize\nzsh\t\"5.9\\n\t7\nzstd\t1,5\t8\n", "name", "version"))
                .containsExactly("2 zsh=\"5.9\\n", "3 zstd=1,5");
    }

    @Test
    void shouldReadQuotedCsvOverSeveralLines() throws IOException {
        assertThat(read("a.csv", "k,v\r\n\"a,\"\"b\",\"x\ny\"\r\nc,ü\r\n", "k", "v"))
                .extracting(record -> record.substring(record.indexOf(' ') + 1))
                .containsExactly("a,\"b=x\ny", "c=ü");
    }

    @Test
    void shouldMakeAnObjectOfSeveralColumnsOrOfAllWhereNoneIsNamed() throws IOException {
        assertThat(read("a.csv", "k,v,w\n1,2,3\n", "k", "w", "v")).containsExactly("2 1={\"w\":\"3\",\"v\":\"2\"}");
        assertThat(read("a.csv", "k,v,w\n1,2,3\n", "k")).containsExactly("2 1={\"k\":\"1\",\"v\":\"2\",\"w\":\"3\"}");
    }

    @Test
    void shouldReadJsonLinesAndPassOverEmptyOnes() throws IOException {
        assertThat(read("a.jsonl", "{\"k\":1,\"v\":{\"x\":[1]}}\n\n{\"v\":\"b\",\"k\":\"2\"}", "k", "v"))
                .containsExactly("1 1={\"x\":[1]}", "3 2=b");
        assertThat(read("a.jsonl", "{\"k\":1}\n", "k", "v")).containsExactly("1 1=");
    }

    @Test
    void shouldUnpackGzipOnTheWay() throws IOException {
        Path file = directory.resolve("a.tsv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("k\tv\n1\t2\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(read(new InputFile(file, InputFormat.of(InputFile.unpackedName(file)), "k", List.of("v"))))
                .containsExactly("2 1=2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "a.jsonl|{'k':1}#{'k':}|line 2|not a JSON object",
                "a.jsonl|[1]|line 1|expected a JSON object",
                "a.jsonl|{'k':1}{'k':2}|line 1|not a JSON object",
                "a.jsonl|{'v':1}|line 1|key column 'k'",
                "a.jsonl|{'k':''}|line 1|key column 'k'",
                "a.jsonl|{'k':[1]}|line 1|key column 'k'",
                "a.csv|v,w#1,2|line 1|no column 'k'; the first line names [v, w]",
                "a.csv|k,v,k#1,2,3|line 1|the same name",
                "a.csv|k,v#1|line|has 1 columns, the first line 2",
                "a.tsv||line 1|empty"
            })
    void shouldNameFileAndLineOfWhatItCannotRead(String name, String text, String line, String message) {
        String content = text == null ? "" : text.replace('#', '\n').replace('\'', '"');
        assertThatThrownBy(() -> read(name, content, "k"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(line)
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseAColumnOfValuesThatIsNotThere() {
        assertThatThrownBy(() -> read("a.csv", "k,v\n1,2\n", "k", "x")).hasMessageContaining("no column 'x'");
    }

    @Test
    void shouldRefuseALineWithoutEnd() {
        assertThatThrownBy(() -> read("a.jsonl", "x".repeat((16 << 20) + 1), "k"))
                .hasMessageContaining("line 1: longer than");
    }

    @Test
    void shouldSayThatAFileIsMissingOrItsFormatUnknown() {
        assertThatThrownBy(() -> new InputFile(directory.resolve("none.csv"), InputFormat.CSV, "k", List.of()).open())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none.csv: no such file");
        assertThatThrownBy(() -> InputFormat.of(Path.of("x.parquet"))).hasMessageContaining("--input-format");
    }
}
