// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may know whom, over all modules; and what none may do. */
class ModuleRulesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice");

    private static final List<String> API = List.of(
            "io.sluice.transport",
            "io.sluice.transport.wire..",
            "io.sluice.transport.engine..",
            "io.sluice.transport.rpc..");
    private static final List<String> TCP = List.of("io.sluice.transport.tcp..");
    private static final List<String> RDMA = List.of("io.sluice.transport.rdma..");
    private static final List<String> STORE = List.of("io.sluice.store..");
    private static final List<String> CONFIG = List.of("io.sluice.config..");
    private static final List<String> HADOOP = List.of("io.sluice.storage.hadoop..");
    private static final List<String> FLUSH = List.of("io.sluice.flush..");
    private static final List<String> COMPACTION = List.of("io.sluice.compaction..");
    private static final List<String> CLI = List.of("io.sluice.cli..");
    private static final List<String> TESTKIT = List.of("io.sluice.testkit..");

    private static List<String> join(Stream<List<String>> parts) {
        return parts.flatMap(List::stream).toList();
    }

    /** Each module's packages, and those of Sluice that it may use. */
    private static Map<List<String>, List<String>> modules() {
        Map<List<String>, List<String>> modules = new LinkedHashMap<>();
        modules.put(API, API);
        modules.put(TCP, join(Stream.of(TCP, API)));
        modules.put(RDMA, join(Stream.of(RDMA, TCP, API)));
        modules.put(STORE, STORE);
        modules.put(CONFIG, join(Stream.of(CONFIG, STORE)));
        modules.put(HADOOP, join(Stream.of(HADOOP, STORE)));
        modules.put(FLUSH, join(Stream.of(FLUSH, STORE, API)));
        modules.put(COMPACTION, join(Stream.of(COMPACTION, STORE, CONFIG)));
        modules.put(TESTKIT, join(Stream.of(TESTKIT, API, STORE)));
        modules.put(CLI, join(Stream.of(CLI, API, TCP, RDMA, STORE, CONFIG, HADOOP, FLUSH, COMPACTION)));
        return modules;
    }

    @Test
    void shouldLetEachModuleKnowOnlyThoseNamedForIt() {
        modules().forEach((module, known) -> {
            String[] packages = module.toArray(String[]::new);
            assertThat(CLASSES.stream().filter(resideInAnyPackage(packages)))
                    .as("classes of %s", module)
                    .isNotEmpty();
            classes()
                    .that()
                    .resideInAnyPackage(packages)
                    .should()
                    .onlyDependOnClassesThat(
                            resideInAnyPackage(known.toArray(String[]::new)).or(not(resideInAPackage("io.sluice.."))))
                    .check(CLASSES);
        });
    }

    @Test
    void shouldHaveEveryClassInAKnownModule() {
        String[] known = modules().keySet().stream().flatMap(List::stream).toArray(String[]::new);
        assertThat(CLASSES.stream().filter(not(resideInAnyPackage(known))).map(JavaClass::getName))
                .isEmpty();
    }

    @Test
    void shouldNameHadoopOnlyInItsModuleAndTheDemosOwnHdfs() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.sluice.storage.hadoop..")
                .and()
                .doNotHaveFullyQualifiedName("io.sluice.cli.demo.MiniHdfs")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.hadoop..")
                .check(CLASSES);
    }

    @Test
    void shouldStartProcessesOnlyInTheCommandAndTheTestKit() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.sluice.cli.process..", "io.sluice.testkit.process..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.ProcessBuilder")
                .orShould()
                .callMethod(Runtime.class, "exec", String.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String[].class)
                .check(CLASSES);
    }

    @Test
    void shouldNeverReadOrWriteJavaSerialisation() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectInputStream")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectOutputStream")
                .check(CLASSES);
    }

    @Test
    void shouldKeepToQueuesThatNeedNoUnsafe() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.jctools.queues.unpadded..", "org.jctools.util..", "sun.misc..", "jdk.internal..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("org\\.jctools\\.queues\\.(Mpsc|Spsc|Mpmc|Spmc)[A-Za-z]*Queue")
                .check(CLASSES);
    }

    @Test
    void shouldLogThroughSlf4jAndPrintOnlyInTheCommand() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.sluice.cli..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(CLASSES);
    }

    @Test
    void shouldHaveNoCyclesAmongTheCommandsPackages() {
        slices().matching("io.sluice.cli.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
