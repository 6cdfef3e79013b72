// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file in YAML or JSON: a namespace, in it named objects, each with a {@code class} and {@code params}.
 *
 * <pre>{@code
 * Memnode:
 *   m1:
 *     class: Memnode
 *     params: { listen: "0.0.0.0:9091", memory: 4GiB }
 * }</pre>
 *
 * One file may describe a whole deployment: each role takes the object of its namespace.
 */
public final class ConfigFile {
    private static final long MAX_LENGTH = 1 << 20;

    private final Path path;
    private final JsonNode root;

    private ConfigFile(Path path, JsonNode root) {
        this.path = path;
        this.root = root;
    }

    /** Reads a file and checks its shape; {@code namespaces} are those that may stand in it. */
    public static ConfigFile load(Path path, Set<String> namespaces) {
        JsonNode root;
        try {
            if (Files.size(path) > MAX_LENGTH) {
                throw new ConfigException(path + ": a configuration file has at most " + MAX_LENGTH + " bytes");
            }
            root = mapper(path).readTree(Files.readString(path));
        } catch (JsonProcessingException e) {
            throw new ConfigException(path + ": " + place(e) + e.getOriginalMessage());
        } catch (IOException e) {
            throw new ConfigException(path + ": can't be read: " + e);
        }
        ConfigFile file = new ConfigFile(path, root);
        file.checkShape(namespaces);
        return file;
    }

    private static ObjectMapper mapper(Path path) {
        String name = path.getFileName().toString();
        ObjectMapper mapper = name.endsWith(".json")
                ? JsonMapper.builder()
                        .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                        .build()
                : new YAMLMapper(new YAMLFactory());
        return mapper.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .configure(JsonParser.Feature.STRICT_DUPLICATE_DETECTION, true)
                .configure(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION.mappedFeature(), false);
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null
                ? ""
                : "line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ": ";
    }

    private void checkShape(Set<String> namespaces) {
        expectObject("", root);
        for (var namespace : root.properties()) {
            String at = namespace.getKey();
            expectKey("", at, namespaces);
            expectObject(at, namespace.getValue());
            for (var object : namespace.getValue().properties()) {
                String objectAt = at + "." + object.getKey();
                expectObject(objectAt, object.getValue());
                for (var part : object.getValue().properties()) {
                    expectKey(objectAt, part.getKey(), Set.of("class", "params"));
                }
                JsonNode type = object.getValue().path("class");
                if (!type.isTextual()) {
                    throw error(objectAt + ".class", "expected the name of a class, found " + describe(type));
                }
                if (object.getValue().has("params")) {
                    expectObject(objectAt + ".params", object.getValue().get("params"));
                }
            }
        }
    }

    /**
     * Picks the object of a namespace.
     *
     * @param name its name, or null where the namespace has only one
     * @param types the classes that it may be
     */
    public ConfigObject object(String namespace, @Nullable String name, Set<String> types) {
        JsonNode objects = root.path(namespace);
        List<String> names = new ArrayList<>();
        objects.fieldNames().forEachRemaining(names::add);
        if (names.isEmpty()) {
            throw error(namespace, "missing: expected an object with class and params");
        }
        if (name == null && names.size() > 1) {
            throw error(namespace, "has " + names.size() + " objects " + names + ": choose one with --name");
        }
        String chosen = name == null ? names.get(0) : name;
        JsonNode object = objects.get(chosen);
        String at = namespace + "." + chosen;
        if (object == null) {
            throw error(at, "missing: expected one of " + names);
        }
        String type = object.get("class").asText();
        if (!types.contains(type)) {
            throw error(at + ".class", "expected one of " + new TreeSet<>(types) + ", found '" + type + "'");
        }
        return new ConfigObject(this, at + ".params", chosen, object.path("params"));
    }

    ConfigException error(String at, String message) {
        return new ConfigException(path + ": " + (at.isEmpty() ? "" : at + ": ") + message);
    }

    void expectKey(String at, String key, Set<String> allowed) {
        if (!allowed.contains(key)) {
            throw error(at.isEmpty() ? key : at + "." + key, "unknown key; expected one of " + new TreeSet<>(allowed));
        }
    }

    private void expectObject(String at, JsonNode node) {
        if (!node.isObject()) {
            throw error(at, "expected an object (key: value), found " + describe(node));
        }
    }

    static String describe(JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING -> "nothing";
            case NULL -> "null";
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            case STRING -> "the text '" + node.asText() + "'";
            case NUMBER -> "the number " + node.asText();
            case BOOLEAN -> "the boolean " + node.asText();
            case BINARY, POJO -> "binary data";
        };
    }
}
