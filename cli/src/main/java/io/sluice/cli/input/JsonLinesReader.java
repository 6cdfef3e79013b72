// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A JSON object a line; empty lines are passed over. */
final class JsonLinesReader implements RecordReader {
    private static final int MAX_LINE_LENGTH = 16 << 20;

    private final InputFile file;
    private final InputStream in;
    private final RecordBuilder builder;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final JsonMapper mapper = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private long line;

    JsonLinesReader(InputFile file, InputStream in) {
        this.file = file;
        this.in = in;
        builder = new RecordBuilder(file);
    }

    @Override
    public @Nullable InputRecord next() throws IOException {
        while (readLine()) {
            if (bytes.size() > 0) {
                return builder.build(line, parse());
            }
        }
        return null;
    }

    private ObjectNode parse() throws IOException {
        JsonNode node;
        try {
            node = mapper.readTree(bytes.toByteArray());
        } catch (JsonProcessingException e) {
            throw file.error(line, "not a JSON object: " + e.getOriginalMessage());
        } catch (CharConversionException e) {
            throw file.error(line, "not a JSON object: " + e.getMessage());
        }
        if (!(node instanceof ObjectNode object)) {
            throw file.error(line, "expected a JSON object");
        }
        return object;
    }

    /** Reads a line without its end into {@code bytes}; false at the end of the file. */
    private boolean readLine() throws IOException {
        bytes.reset();
        line++;
        int next = readByte();
        if (next < 0) {
            return false;
        }
        while (next >= 0 && next != '\n') {
            if (bytes.size() == MAX_LINE_LENGTH) {
                throw file.error(line, "longer than " + MAX_LINE_LENGTH + " bytes");
            }
            if (next != '\r') {
                bytes.write(next);
            }
            next = readByte();
        }
        return true;
    }

    private int readByte() throws IOException {
        try {
            return in.read();
        } catch (IOException e) {
            throw file.error(line, "can't be read: " + e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
