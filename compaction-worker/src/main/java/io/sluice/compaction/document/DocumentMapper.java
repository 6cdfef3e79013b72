// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.sluice.store.base.Slice;
import java.io.IOException;
import java.io.Serial;
import java.util.Base64;
import java.util.regex.Pattern;

/** How Jackson takes the documents: strictly, 64-bit numbers as decimal strings, bytes as base64. */
final class DocumentMapper {
    /** Enough for a job of some 80,000 files. */
    private static final long MAX_TOKENS = 2_000_000;

    private static final int MAX_DEPTH = 32;
    private static final int MAX_KEY_LENGTH = 128;
    private static final int MAX_NUMBER_LENGTH = 32;
    private static final Pattern LONG = Pattern.compile("0|-?[1-9][0-9]{0,18}");

    private DocumentMapper() {}

    static ObjectMapper create() {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxDocumentLength(Documents.MAX_LENGTH)
                        .maxStringLength(Documents.MAX_LENGTH)
                        .maxTokenCount(MAX_TOKENS)
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNameLength(MAX_KEY_LENGTH)
                        .maxNumberLength(MAX_NUMBER_LENGTH)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(JsonFactory.Feature.CHARSET_DETECTION) // zeros at the beginning are damage, not UTF-32
                .build();
        SimpleModule values = new SimpleModule("values")
                .addSerializer(Long.class, ToStringSerializer.instance)
                .addSerializer(Long.TYPE, ToStringSerializer.instance)
                .addDeserializer(Long.class, new LongReader())
                .addDeserializer(Long.TYPE, new LongReader())
                .addSerializer(Slice.class, new SliceWriter())
                .addDeserializer(Slice.class, new SliceReader());
        ObjectMapper mapper = JsonMapper.builder(factory)
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .annotationIntrospector(new Required())
                .addModule(values)
                .build();
        mapper.setDefaultSetterInfo(JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL));
        return mapper;
    }

    /** Has every key required that is not marked otherwise. */
    private static final class Required extends JacksonAnnotationIntrospector {
        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasRequiredMarker(AnnotatedMember member) {
            return !member.hasAnnotation(MayBeAbsent.class);
        }
    }

    private static final class LongReader extends StdScalarDeserializer<Long> {
        @Serial
        private static final long serialVersionUID = 1L;

        LongReader() {
            super(Long.class);
        }

        @Override
        public Long deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (parser.hasToken(JsonToken.VALUE_STRING)) {
                String text = parser.getText();
                if (text.length() <= MAX_NUMBER_LENGTH && LONG.matcher(text).matches()) {
                    try {
                        return Long.valueOf(text);
                    } catch (NumberFormatException tooLarge) {
                        return context.reportInputMismatch(this, "%s is no 64-bit number", text);
                    }
                }
            }
            return context.reportInputMismatch(this, "expected a string with a decimal 64-bit number");
        }
    }

    private static final class SliceReader extends StdScalarDeserializer<Slice> {
        @Serial
        private static final long serialVersionUID = 1L;

        SliceReader() {
            super(Slice.class);
        }

        @Override
        public Slice deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (parser.hasToken(JsonToken.VALUE_STRING)) {
                try {
                    return Slice.wrap(Base64.getDecoder().decode(parser.getText()));
                } catch (IllegalArgumentException malformed) {
                    return context.reportInputMismatch(this, "no base64: %s", malformed.getMessage());
                }
            }
            return context.reportInputMismatch(this, "expected a string with base64");
        }
    }

    private static final class SliceWriter extends StdScalarSerializer<Slice> {
        @Serial
        private static final long serialVersionUID = 1L;

        SliceWriter() {
            super(Slice.class);
        }

        @Override
        public void serialize(Slice value, JsonGenerator generator, SerializerProvider provider) throws IOException {
            generator.writeString(Base64.getEncoder().encodeToString(value.toByteArray()));
        }
    }
}
