// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Makes a record of named columns, alike for each format. */
final class RecordBuilder {
    private final InputFile file;
    private final JsonMapper mapper = new JsonMapper();

    RecordBuilder(InputFile file) {
        this.file = file;
    }

    InputRecord build(long line, ObjectNode columns) throws IOException {
        JsonNode key = columns.get(file.keyColumn());
        if (key == null || key.isContainerNode() || key.isNull() || key.asText().isEmpty()) {
            throw file.error(line, "no text or number in the key column '" + file.keyColumn() + "'");
        }
        return new InputRecord(line, utf8(key.asText()), value(columns));
    }

    private byte[] value(ObjectNode columns) throws IOException {
        if (file.valueColumns().isEmpty()) {
            return mapper.writeValueAsBytes(columns);
        } else if (file.valueColumns().size() == 1) {
            JsonNode value = columns.path(file.valueColumns().get(0));
            return utf8(value.isContainerNode() ? value.toString() : value.asText());
        }
        ObjectNode chosen = mapper.createObjectNode();
        for (String name : file.valueColumns()) {
            if (columns.has(name)) {
                chosen.set(name, columns.get(name));
            }
        }
        return mapper.writeValueAsBytes(chosen);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
