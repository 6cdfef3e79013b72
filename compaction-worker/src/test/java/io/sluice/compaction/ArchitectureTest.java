// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sluice.compaction", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule DOCUMENTS_KNOW_NO_ROLE = noClasses()
            .that()
            .resideInAPackage("io.sluice.compaction.document..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.sluice.compaction.worker..", "io.sluice.compaction.hoster..", "org.eclipse.jetty..");

    @ArchTest
    static final ArchRule A_STORE_KNOWS_WORKERS_BY_THEIR_DOCUMENTS = noClasses()
            .that()
            .resideInAPackage("io.sluice.compaction.hoster..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.sluice.compaction.worker..");

    @ArchTest
    static final ArchRule PAGES_ARE_MADE_OF_VALUES = noClasses()
            .that()
            .resideInAPackage("io.sluice.compaction.web..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.sluice.compaction.worker..",
                    "io.sluice.compaction.hoster..",
                    "io.sluice.compaction.document..",
                    "io.sluice.store..",
                    "org.eclipse.jetty..");

    @ArchTest
    static final ArchRule NO_SHELL =
            noClasses().should().dependOnClassesThat().haveFullyQualifiedName(ProcessBuilder.class.getName());

    @ArchTest
    static final ArchRule NO_CLASS_BY_NAME = noClasses().should().callMethod(Class.class, "forName", String.class);
}
