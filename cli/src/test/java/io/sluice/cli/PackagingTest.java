// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Whether the manifests fit together, and the command as it is. */
class PackagingTest {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));

    /** By kind and name. */
    private final Map<String, JsonNode> manifests = new TreeMap<>();

    @BeforeEach
    void readManifests() throws IOException {
        YAMLMapper mapper = new YAMLMapper();
        try (Stream<Path> files = Files.list(ROOT.resolve("packaging/kubernetes"))) {
            for (Path file : files.toList()) {
                assertThat(file.toString()).endsWith(".yaml");
                try (var documents = mapper.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
                    documents.forEachRemaining(document -> {
                        String key = text(document, "/kind") + "/" + text(document, "/metadata/name");
                        assertThat(document.at("/apiVersion").asText()).as(key).isNotEmpty();
                        assertThat(manifests.put(key, document)).as(key).isNull();
                    });
                }
            }
        }
    }

    private static String text(JsonNode node, String path) {
        return node.at(path).asText();
    }

    private JsonNode manifest(String key) {
        JsonNode found = manifests.get(key);
        if (found == null) {
            throw new AssertionError("no " + key + " in " + manifests.keySet());
        }
        return found;
    }

    private static List<JsonNode> elements(JsonNode node, String path) {
        return StreamSupport.stream(node.at(path).spliterator(), false).toList();
    }

    private void forEach(String kind, Consumer<JsonNode> check) {
        List<JsonNode> found = manifests.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(kind + "/"))
                .map(Map.Entry::getValue)
                .toList();
        assertThat(found).as(kind).isNotEmpty();
        found.forEach(check);
    }

    private static List<JsonNode> containers(JsonNode deployment) {
        List<JsonNode> all = new ArrayList<>(elements(deployment, "/spec/template/spec/containers"));
        all.addAll(elements(deployment, "/spec/template/spec/initContainers"));
        return all;
    }

    @Test
    void shouldSelectPodsThatThereAre() {
        List<JsonNode> labels = new ArrayList<>();
        List<String> ports = new ArrayList<>();
        forEach("Deployment", deployment -> {
            assertThat(deployment.at("/spec/selector/matchLabels"))
                    .isEqualTo(deployment.at("/spec/template/metadata/labels"));
            labels.add(deployment.at("/spec/template/metadata/labels"));
            containers(deployment)
                    .forEach(container -> elements(container, "/ports")
                            .forEach(
                                    port -> ports.add(text(deployment, "/metadata/name") + ":" + text(port, "/name"))));
        });
        forEach("Service", service -> {
            assertThat(labels).contains(service.at("/spec/selector"));
            elements(service, "/spec/ports")
                    .forEach(port -> assertThat(ports)
                            .contains(text(service, "/metadata/name") + ":" + text(port, "/targetPort")));
        });
        forEach("NetworkPolicy", policy -> {
            assertThat(labels).contains(policy.at("/spec/podSelector/matchLabels"));
            assertThat(labels).contains(policy.at("/spec/ingress/0/from/0/podSelector/matchLabels"));
        });
        forEach(
                "HorizontalPodAutoscaler",
                autoscaler -> assertThat(manifests)
                        .containsKey(text(autoscaler, "/spec/scaleTargetRef/kind") + "/"
                                + text(autoscaler, "/spec/scaleTargetRef/name")));
    }

    @Test
    void shouldMountVolumesThatThereAreAndConfineContainers() {
        forEach("Deployment", deployment -> {
            List<String> volumes = elements(deployment, "/spec/template/spec/volumes").stream()
                    .map(volume -> text(volume, "/name"))
                    .toList();
            for (JsonNode container : containers(deployment)) {
                assertThat(elements(container, "/volumeMounts").stream().map(mount -> text(mount, "/name")))
                        .isSubsetOf(volumes);
                assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
            }
        });
        for (JsonNode container : containers(manifest("Deployment/sluice-worker"))) {
            assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                    .isFalse();
            assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                    .isTrue();
        }
    }

    @Test
    void shouldCallAWorkerWithItsOptions() {
        JsonNode container = manifest("Deployment/sluice-worker").at("/spec/template/spec/containers/0");
        List<String> arguments = elements(container, "/args").stream()
                .map(JsonNode::asText)
                .map(argument -> argument.replace("$(POD_NAME)", "w1").replace("$(POD_IP)", "10.0.0.7"))
                .toList();
        assertThat(arguments).doesNotHaveDuplicates().noneMatch(argument -> argument.contains("$"));
        CommandLine.ParseResult parsed = Main.commandLine().parseArgs(arguments.toArray(String[]::new));
        assertThat(parsed.subcommand().commandSpec().name()).isEqualTo("worker");
        int port = container.at("/ports/0/containerPort").asInt();
        assertThat(arguments).contains("--http=0.0.0.0:" + port, "--http-advertise=10.0.0.7:" + port);
        assertThat(text(container, "/readinessProbe/httpGet/path")).isEqualTo("/health");
        assertThat(manifest("Service/sluice-worker").at("/spec/ports/0/port").asInt())
                .isEqualTo(port);
    }

    @Test
    void shouldShowThePatternOfTheProxyAsItIsShipped() throws IOException {
        String shipped = Files.readString(ROOT.resolve("packaging/nginx/sluice.conf"));
        String page = Files.readString(ROOT.resolve("docs/serverless.md"));
        Matcher shown = Pattern.compile("```nginx\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertThat(shown.find()).isTrue();
        assertThat(shipped).contains(shown.group(1));
    }

    @Test
    void shouldTellOfFilesThatThereAre() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/serverless.md"));
        Matcher link = Pattern.compile("\\]\\(\\.\\./(packaging/[^)]+)\\)").matcher(page);
        int links = 0;
        while (link.find()) {
            assertThat(ROOT.resolve(link.group(1))).exists();
            links++;
        }
        assertThat(links).isGreaterThan(3);
        for (JsonNode metric : elements(manifest("HorizontalPodAutoscaler/sluice-worker"), "/spec/metrics")) {
            String name = text(metric, "/pods/metric/name");
            assertThat(page).contains(name);
        }
    }
}
