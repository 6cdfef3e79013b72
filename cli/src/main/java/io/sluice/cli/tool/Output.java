// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Data on stdout: bytes as they are, which a writer of characters would change. Used by one thread. */
public final class Output implements AutoCloseable {
    private static final int BUFFER_LENGTH = 1 << 16;
    private static final ObjectMapper JSON = new ObjectMapper().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

    private final OutputStream out;

    private Output(PrintStream stdout) {
        this.out = new BufferedOutputStream(new Checked(stdout), BUFFER_LENGTH);
    }

    /** To this process's stdout. */
    public static Output ofStdout() {
        return new Output(System.out);
    }

    /** Writes bytes. */
    public Output bytes(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    /** Writes text. */
    public Output text(String text) throws IOException {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Ends a line. */
    public Output line() throws IOException {
        out.write('\n');
        return this;
    }

    /** Writes a value as JSON, and ends the line. */
    public Output json(Object value) throws IOException {
        return bytes(JSON.writeValueAsBytes(value)).line();
    }

    /** Hands on what was written; stdout stays open. */
    @Override
    public void close() throws IOException {
        out.flush();
    }

    /** A PrintStream keeps its errors to itself: a reader that is gone would be written to for ever. */
    private static final class Checked extends OutputStream {
        private final PrintStream stdout;

        Checked(PrintStream stdout) {
            this.stdout = stdout;
        }

        @Override
        public void write(int b) throws IOException {
            stdout.write(b);
            check();
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            stdout.write(bytes, offset, length);
            check();
        }

        @Override
        public void flush() throws IOException {
            stdout.flush();
            check();
        }

        private void check() throws IOException {
            if (stdout.checkError()) {
                throw new IOException("stdout can't be written to: its reader is gone, or its disk is full");
            }
        }
    }
}
