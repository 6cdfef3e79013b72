// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import io.sluice.cli.parity.TaggedTest.Result;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Reads what JUnit wrote about a module's last run: the events of the Open Test Reporting format, which, unlike the
 * usual reports, carry the tests' tags. A test that began and never ended, since its JVM died, has failed.
 */
final class TestEvents {
    private final Map<String, Node> nodes = new HashMap<>();
    private @Nullable Node current;

    private TestEvents() {}

    private static final class Node {
        private final @Nullable Node parent;
        private final TreeSet<String> tags = new TreeSet<>();
        private String className = "";
        private String methodName = "";
        private Result result = Result.FAILED;
        private boolean leaf = true;

        private Node(@Nullable Node parent) {
            this.parent = parent;
            if (parent != null) {
                parent.leaf = false;
                tags.addAll(parent.tags);
                className = parent.className;
                methodName = parent.methodName;
            }
        }
    }

    /** The tagged tests of a file of events, one for each tag and method. */
    static List<TaggedTest> read(Path file) throws IOException {
        TestEvents events = new TestEvents();
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try (InputStream in = Files.newInputStream(file)) {
            XMLStreamReader xml = factory.createXMLStreamReader(in);
            while (xml.hasNext()) {
                if (xml.next() == XMLStreamConstants.START_ELEMENT) {
                    events.element(xml);
                }
            }
        } catch (XMLStreamException e) {
            // A JVM that died leaves a torn file: what stands in it counts, what had begun has failed.
            if (events.nodes.isEmpty()) {
                throw new IOException(file + ": no report of tests: " + e.getMessage(), e);
            }
        }
        return events.tests();
    }

    private void element(XMLStreamReader xml) throws XMLStreamException {
        String id = attribute(xml, "id");
        switch (xml.getLocalName()) {
            case "started" -> {
                current = new Node(nodes.get(attribute(xml, "parentId")));
                nodes.put(id, current);
            }
            case "finished" -> current = nodes.get(id);
            case "tag" -> {
                if (current != null) {
                    current.tags.add(xml.getElementText().strip());
                }
            }
            case "classSource", "methodSource" -> {
                if (current != null) {
                    current.className = attribute(xml, "className");
                    current.methodName = attribute(xml, "methodName");
                }
            }
            case "result" -> {
                if (current != null) {
                    current.result = switch (attribute(xml, "status")) {
                        case "SUCCESSFUL" -> Result.PASSED;
                        case "SKIPPED", "ABORTED" -> Result.SKIPPED;
                        default -> Result.FAILED;
                    };
                }
            }
            default -> {
                // Nothing that tells about tags or results.
            }
        }
    }

    private static String attribute(XMLStreamReader xml, String name) {
        String value = xml.getAttributeValue(null, name);
        return value == null ? "" : value;
    }

    private List<TaggedTest> tests() {
        Map<String, TaggedTest> tests = new TreeMap<>();
        for (Node node : nodes.values()) {
            if (!node.leaf || node.methodName.isEmpty()) {
                continue;
            }
            Result result = node.result;
            for (Node above = node.parent; above != null; above = above.parent) {
                // A container fails by itself where what is set up before or torn down after its tests does.
                if (above.result == Result.FAILED) {
                    result = Result.FAILED;
                }
            }
            for (String tag : node.tags) {
                TaggedTest test = new TaggedTest(tag, node.className + "." + node.methodName, result);
                tests.merge(tag + " " + test.test(), test, TaggedTest::worst);
            }
        }
        return new ArrayList<>(tests.values());
    }
}
