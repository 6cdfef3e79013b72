// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles plug-ins and packs them into a jar, as their authors do. */
public final class PlugInJar {
    private final Map<String, String> sources = new LinkedHashMap<>();
    private final Map<String, String> services = new LinkedHashMap<>();

    /**
     * Adds a class.
     *
     * @param name with its package
     * @param source without the package's declaration
     */
    public PlugInJar source(String name, String source) {
        String declaration = "package " + name.substring(0, name.lastIndexOf('.')) + ";\n";
        sources.put(name, declaration + source);
        return this;
    }

    /** Adds a class and names it as a service. */
    public PlugInJar service(Class<?> type, String name, String source) {
        return source(name, source).service(type, name);
    }

    /** Names a class as a service. */
    public PlugInJar service(Class<?> type, String name) {
        services.merge(type.getName(), name + "\n", String::concat);
        return this;
    }

    /** Writes the jar, all at once. */
    public Path write(Path jar) throws IOException {
        Path classes = Files.createTempDirectory("plug-in-classes-");
        try {
            compile(classes);
            Path temporary = jar.resolveSibling(jar.getFileName() + ".new");
            try (OutputStream out = Files.newOutputStream(temporary);
                    JarOutputStream entries = new JarOutputStream(out)) {
                for (Path file : files(classes)) {
                    add(entries, classes.relativize(file).toString(), Files.readAllBytes(file));
                }
                for (Map.Entry<String, String> service : services.entrySet()) {
                    add(
                            entries,
                            "META-INF/services/" + service.getKey(),
                            service.getValue().getBytes(UTF_8));
                }
            }
            return Files.move(temporary, jar, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            DirectoryTree.delete(classes);
        }
    }

    private void compile(Path classes) throws IOException {
        if (sources.isEmpty()) {
            return;
        }
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, String> source : sources.entrySet()) {
            Path file = classes.resolve(source.getKey().replace('.', '/') + ".java");
            Files.createDirectories(file.getParent());
            files.add(Files.writeString(file, source.getValue()));
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, UTF_8)) {
            boolean compiled = compiler.getTask(
                            errors,
                            manager,
                            null,
                            List.of(
                                    "--release",
                                    "17",
                                    "-proc:none",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    "-d",
                                    classes.toString()),
                            null,
                            manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertThat(compiled).as(errors.toString()).isTrue();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void add(JarOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(content);
        out.closeEntry();
    }
}
