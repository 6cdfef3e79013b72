// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes documents as UTF-8 JSON. Reading is strict: a key that is unknown, missing or there twice, a value of
 * another type or out of range, and anything behind the document is an error that names the path to it. Safe for
 * concurrent use.
 */
public final class Documents {
    /** The longest document in bytes. */
    public static final int MAX_LENGTH = 32 << 20;

    /** The media type of documents. */
    public static final String MEDIA_TYPE = "application/json";

    /** Characters of what comes from outside that stand in a message. */
    private static final int MAX_SHOWN = 300;

    private static final ObjectMapper MAPPER = DocumentMapper.create();

    private Documents() {}

    /**
     * A document's bytes.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} {@code compaction.document.too-large} where they are more than
     *     {@link #MAX_LENGTH}: the job has too many files for a worker
     */
    public static byte[] write(Document document) throws StoreException {
        byte[] bytes;
        try {
            bytes = MAPPER.writeValueAsBytes(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a document that can't be written: " + e.getOriginalMessage(), e);
        }
        checkLength(bytes.length);
        return bytes;
    }

    /**
     * Reads a document.
     *
     * @param type which is expected
     * @throws StoreException {@code INVALID_ARGUMENT}: {@code compaction.document.malformed} where it is no JSON, {@code
     *     .unknown-key}, {@code .value} for a key that is missing or has a wrong value, {@code .too-large} beyond {@link
     *     #MAX_LENGTH} or its other bounds; {@code NOT_SUPPORTED}: {@code .version} for another version of the documents
     */
    public static <T extends Document> T read(byte[] bytes, Class<T> type) throws StoreException {
        checkLength(bytes.length);
        String name = type.getSimpleName();
        try {
            checkVersion(name, bytes);
            T document = MAPPER.readValue(bytes, type);
            if (document == null) {
                throw error("compaction.document.malformed", name, "$", "expected an object, found null");
            }
            return document;
        } catch (StoreException e) {
            throw e;
        } catch (StreamConstraintsException e) {
            throw error("compaction.document.too-large", name, "$", e.getOriginalMessage());
        } catch (UnrecognizedPropertyException e) {
            throw error(
                    "compaction.document.unknown-key", name, path(e), "unknown; known are " + e.getKnownPropertyIds());
        } catch (JsonMappingException e) {
            throw error(code(e.getCause()), name, path(e), reason(e));
        } catch (JacksonException e) {
            throw error("compaction.document.malformed", name, "$", e.getOriginalMessage());
        } catch (IOException e) {
            throw new IllegalStateException("reading an array failed", e);
        }
    }

    /** Another version is refused as such, whatever else is in the document. */
    private static void checkVersion(String name, byte[] bytes) throws IOException {
        try (JsonParser parser = MAPPER.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw error("compaction.document.malformed", name, "$", "expected an object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isVersion = parser.currentName().equals("version");
                JsonToken value = parser.nextToken();
                if (isVersion) {
                    if (value == JsonToken.VALUE_NUMBER_INT && !parser.getText().equals("" + Document.VERSION)) {
                        throw new StoreException(
                                Kind.NOT_SUPPORTED,
                                "compaction.document.version",
                                name + " of version " + parser.getText() + ", expected " + Document.VERSION
                                        + ": run the same release on stores and workers");
                    }
                    return; // reading tells what else may be wrong with it
                }
                parser.skipChildren();
            }
        }
    }

    private static void checkLength(int length) throws StoreException {
        if (length > MAX_LENGTH) {
            throw error(
                    "compaction.document.too-large",
                    "document",
                    "$",
                    length + " bytes, expected at most " + MAX_LENGTH);
        }
    }

    /** The parser's own errors come wrapped from within an object. */
    private static String code(@Nullable Throwable cause) {
        if (cause instanceof StreamConstraintsException) {
            return "compaction.document.too-large";
        }
        return cause instanceof StreamReadException ? "compaction.document.malformed" : "compaction.document.value";
    }

    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder("$");
        for (JsonMappingException.Reference step : e.getPath()) {
            if (step.getFieldName() != null) {
                path.append('.').append(step.getFieldName());
            } else {
                path.append('[').append(step.getIndex()).append(']');
            }
        }
        return path.toString();
    }

    private static String reason(JsonMappingException e) {
        Throwable cause = e.getCause();
        if (e instanceof ValueInstantiationException && cause != null && cause.getMessage() != null) {
            return cause.getMessage();
        }
        return e.getOriginalMessage();
    }

    private static StoreException error(String code, String name, String path, String problem) {
        return StoreException.invalid(code, name + " at " + shown(path) + ": " + shown(problem));
    }

    /** So much of a text as a log can take. */
    private static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .limit(MAX_SHOWN)
                .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? '?' : c)
                .forEach(shown::appendCodePoint);
        return text.length() > MAX_SHOWN ? shown + "..." : shown.toString();
    }
}
