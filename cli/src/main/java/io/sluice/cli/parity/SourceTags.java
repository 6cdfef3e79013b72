// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tags as they stand in the tests' sources: so that a test that did not take part in the last run is not overlooked.
 *
 * @param tag the row's id
 * @param className the tagged class, or that of the tagged method
 * @param methodName the tagged method, or null where the class is tagged
 * @param isAbstract whether the class runs only as others that extend it
 */
record SourceTags(String tag, String className, @Nullable String methodName, boolean isAbstract) {
    private static final Pattern TAG = Pattern.compile("@Tag\\(\"([A-Z]\\d+)\"\\)");
    private static final Pattern DECLARATION =
            Pattern.compile("\\b(?:class|interface|record)\\s+(\\w+)|\\bvoid\\s+(\\w+)\\s*\\(");

    /** The tags in all modules below a root. */
    static List<SourceTags> scan(Path root) throws IOException {
        List<SourceTags> tags = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .sorted()
                    .toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .sorted()
                            .forEach(file -> tags.addAll(read(tests, file)));
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return tags;
    }

    private static List<SourceTags> read(Path tests, Path file) {
        String source;
        try {
            source = Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String className = tests.relativize(file).toString().replace('/', '.').replaceFirst("\\.java$", "");
        boolean isAbstract = source.contains("abstract class " + simpleName(className))
                || source.contains("interface " + simpleName(className));
        List<SourceTags> tags = new ArrayList<>();
        Matcher tag = TAG.matcher(source);
        while (tag.find()) {
            Matcher declaration = DECLARATION.matcher(source);
            if (declaration.find(tag.end())) {
                tags.add(new SourceTags(tag.group(1), className, declaration.group(2), isAbstract));
            }
        }
        return tags;
    }

    /** Whether a test of the last run is what was tagged here. */
    boolean covers(TaggedTest test) {
        boolean classFits = isAbstract
                || test.className().equals(className)
                || test.className().startsWith(className + "$");
        return test.tag().equals(tag)
                && classFits
                && (methodName == null || test.methodName().equals(methodName));
    }

    /** The tagged test as one that did not run. */
    TaggedTest notRun() {
        return new TaggedTest(
                tag, className + "." + (methodName == null ? "*" : methodName), TaggedTest.Result.NOT_RUN);
    }

    private static String simpleName(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }
}
