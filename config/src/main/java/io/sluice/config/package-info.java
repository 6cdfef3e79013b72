/** The configuration file: namespaces, in them named objects, each with a class and parameters. */
@NullMarked
package io.sluice.config;

import org.jspecify.annotations.NullMarked;
