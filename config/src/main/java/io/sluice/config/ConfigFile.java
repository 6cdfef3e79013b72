// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

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
 * One file may describe a whole deployment: each role takes the object of its namespace. Immutable.
 */
public final class ConfigFile {
    private static final long MAX_LENGTH = 1 << 20;

    private final ConfigValue root;

    private ConfigFile(ConfigValue root) {
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
        ConfigFile file = new ConfigFile(ConfigValue.root(path.toString(), root));
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
        root.expectKeys(namespaces);
        for (ConfigValue namespace : root.entries().values()) {
            for (ConfigValue object : namespace.entries().values()) {
                object.expectKeys(Set.of("class", "params"));
                if (!object.get("class").node().isTextual()) {
                    throw object.get("class").expected("the name of a class");
                }
                if (!object.get("params").isMissing()) {
                    object.get("params").entries();
                }
            }
        }
    }

    /** The names of the objects in a namespace, none where it is missing. */
    public Set<String> names(String namespace) {
        ConfigValue objects = root.get(namespace);
        return objects.isMissing() ? Set.of() : objects.entries().keySet();
    }

    /**
     * Picks the object of a namespace.
     *
     * @param name its name, or null where the namespace has only one
     * @param types the classes that it may be
     */
    public ConfigObject object(String namespace, @Nullable String name, Set<String> types) {
        ConfigValue objects = root.get(namespace);
        Set<String> names = names(namespace);
        if (names.isEmpty()) {
            throw objects.error("missing: expected an object with class and params");
        }
        if (name == null && names.size() > 1) {
            throw objects.error("has " + names.size() + " objects " + names
                    + ": choose one by its name (on the command line: --name)");
        }
        String chosen = name == null ? names.iterator().next() : name;
        ConfigValue object = objects.get(chosen);
        if (object.isMissing()) {
            throw object.error("missing: expected one of " + names);
        }
        String type = object.get("class").text();
        if (!types.contains(type)) {
            throw object.get("class").error("expected one of " + new TreeSet<>(types) + ", found '" + type + "'");
        }
        return new ConfigObject(chosen, type, object.get("params"));
    }
}
