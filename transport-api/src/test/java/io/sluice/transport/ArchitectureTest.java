// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sluice.transport", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule PACKAGES_ONLY_KNOW_THOSE_BENEATH = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("io.sluice..")
            .layer("contract")
            .definedBy("io.sluice.transport")
            .layer("wire")
            .definedBy("io.sluice.transport.wire")
            .layer("engine")
            .definedBy("io.sluice.transport.engine")
            .layer("rpc")
            .definedBy("io.sluice.transport.rpc")
            .whereLayer("rpc")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("engine")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("wire")
            .mayOnlyBeAccessedByLayers("engine");

    @ArchTest
    static final ArchRule ONLY_THE_NAMED_LIBRARIES = noClasses()
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                    "java..",
                    "javax.crypto..",
                    "javax.net.ssl..",
                    "io.sluice.transport..",
                    "org.agrona..",
                    "org.jctools..",
                    "org.slf4j..",
                    "org.jspecify..",
                    "com.google.errorprone.annotations..");
}
