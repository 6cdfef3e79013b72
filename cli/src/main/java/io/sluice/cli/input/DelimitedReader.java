// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows whose columns the first row names: TSV or CSV. */
final class DelimitedReader implements RecordReader {
    private final InputFile file;
    private final RecordBuilder builder;
    private final MappingIterator<String[]> rows;
    private final List<String> columns;
    private long rowNumber;

    DelimitedReader(InputFile file, InputStream in) throws IOException {
        this.file = file;
        builder = new RecordBuilder(file);
        CsvSchema schema = CsvSchema.emptySchema();
        if (file.format() == InputFormat.TSV) {
            schema = schema.withColumnSeparator('\t').withoutQuoteChar();
        }
        rows = new CsvMapper()
                .readerFor(String[].class)
                .with(CsvParser.Feature.WRAP_AS_ARRAY)
                .with(CsvParser.Feature.SKIP_EMPTY_LINES)
                .with(schema)
                .readValues(in);
        columns = header();
    }

    private List<String> header() throws IOException {
        String[] names = row();
        if (names == null) {
            throw file.error(1, "empty; expected a first line with the columns' names");
        }
        List<String> header = Arrays.asList(names);
        if (new HashSet<>(header).size() != header.size()) {
            throw file.error(1, "two columns have the same name: " + header);
        }
        for (String name : file.valueColumns()) {
            expect(header, name);
        }
        expect(header, file.keyColumn());
        return header;
    }

    private void expect(List<String> header, String name) throws IOException {
        if (!header.contains(name)) {
            throw file.error(1, "no column '" + name + "'; the first line names " + header);
        }
    }

    private String @Nullable [] row() throws IOException {
        try {
            rowNumber++;
            return rows.hasNextValue() ? rows.nextValue() : null;
        } catch (JsonProcessingException e) {
            throw file.error(rowNumber, e.getOriginalMessage());
        } catch (IOException e) {
            throw file.error(rowNumber, "can't be read: " + e.getMessage());
        }
    }

    @Override
    public @Nullable InputRecord next() throws IOException {
        String[] row = row();
        if (row == null) {
            return null;
        }
        if (row.length != columns.size()) {
            throw file.error(rowNumber, "has " + row.length + " columns, the first line " + columns.size());
        }
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < row.length; i++) {
            values.put(columns.get(i), row[i]);
        }
        return builder.build(rowNumber, values);
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
