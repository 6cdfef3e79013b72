// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.compaction.worker.Tenant;
import io.sluice.config.ConfigException;
import io.sluice.config.SecretFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Who shares a worker: a line for each, {@code INSTANCE SECRET_FILE ROOT...}. Empty lines and what follows {@code #} do not
 * count.
 */
final class TenantsFile {
    private static final int MIN_WORDS = 3;

    private TenantsFile() {}

    /** Reads it and the secrets; throws {@link ConfigException}, naming the line. */
    static List<Tenant> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new ConfigException("tenants file " + file + ": can't be read: " + e);
        }
        List<Tenant> tenants = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replaceFirst("#.*", "").strip();
            if (line.isEmpty()) {
                continue;
            }
            String[] words = line.split("\\s+", -1);
            if (words.length < MIN_WORDS) {
                throw error(file, i, "expected INSTANCE SECRET_FILE ROOT..., found " + words.length + " words");
            }
            if (!names.add(words[0])) {
                throw error(file, i, "instance " + words[0] + " is there twice");
            }
            try {
                String secret = new String(SecretFile.read(Path.of(words[1])), StandardCharsets.UTF_8);
                tenants.add(new Tenant(words[0], secret, Arrays.asList(words).subList(2, words.length)));
            } catch (ConfigException | IllegalArgumentException e) {
                throw error(file, i, String.valueOf(e.getMessage()));
            }
        }
        if (tenants.isEmpty()) {
            throw new ConfigException("tenants file " + file + ": names nobody");
        }
        return tenants;
    }

    private static ConfigException error(Path file, int line, String problem) {
        return new ConfigException("tenants file " + file + ", line " + (line + 1) + ": " + problem);
    }
}
