// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sluice.flush", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule ONLY_THE_STORE_AND_THE_TRANSPORTS_CONTRACT = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.sluice.transport.tcp..",
                    "io.sluice.storage..",
                    "io.sluice.testkit..",
                    "io.sluice.cli..",
                    "io.sluice.bench..");

    @ArchTest
    static final ArchRule ROLES_KNOW_THE_PROTOCOL_AND_NOT_EACH_OTHER = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("protocol")
            .definedBy("io.sluice.flush.protocol..")
            .layer("placement")
            .definedBy("io.sluice.flush.placement..")
            .layer("memnode")
            .definedBy("io.sluice.flush.memnode..")
            .layer("worker")
            .definedBy("io.sluice.flush.worker..")
            .layer("generator")
            .definedBy("io.sluice.flush.generator..")
            .whereLayer("protocol")
            .mayNotAccessAnyLayer()
            .whereLayer("placement")
            .mayNotAccessAnyLayer()
            .whereLayer("memnode")
            .mayOnlyAccessLayers("protocol", "placement")
            .whereLayer("worker")
            .mayOnlyAccessLayers("protocol", "placement")
            .whereLayer("generator")
            .mayOnlyAccessLayers("protocol", "placement");

    @ArchTest
    static final ArchRule NO_SHELL =
            noClasses().should().dependOnClassesThat().haveFullyQualifiedName(ProcessBuilder.class.getName());
}
