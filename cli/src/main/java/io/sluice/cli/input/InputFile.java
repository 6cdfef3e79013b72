// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.input;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file of records, which can be read as often as needed.
 *
 * @param path the file; one that ends in {@code .gz} is unpacked on the way
 * @param format how its records stand in it
 * @param keyColumn the column that is the key
 * @param valueColumns the columns that are the value: of one, its text; of several, a JSON object; of none named, a
 *     JSON object of all columns
 */
public record InputFile(Path path, InputFormat format, String keyColumn, List<String> valueColumns) {
    private static final int BUFFER_LENGTH = 1 << 16;

    /** Starts to read. */
    public RecordReader open() throws IOException {
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw new IOException("input " + path + ": no such file, or not readable");
        }
        InputStream in = new BufferedInputStream(Files.newInputStream(path), BUFFER_LENGTH);
        try {
            if (path.toString().endsWith(".gz")) {
                in = new GZIPInputStream(in, BUFFER_LENGTH);
            }
            return format == InputFormat.JSONL ? new JsonLinesReader(this, in) : new DelimitedReader(this, in);
        } catch (ZipException | EOFException e) {
            in.close();
            throw new IOException("input " + path + ": is no gzip file: " + e.getMessage(), e);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** The name without what tells the packing. */
    public static Path unpackedName(Path path) {
        String name = path.getFileName().toString();
        return name.endsWith(".gz") ? Path.of(name.substring(0, name.length() - 3)) : path;
    }

    /** What is wrong at a line. */
    IOException error(long line, String message) {
        return new IOException("input " + path + ", line " + line + ": " + message);
    }
}
