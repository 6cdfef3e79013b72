/** What a role is told by flags and by a configuration file, both from one definition. */
@NullMarked
package io.sluice.cli.config;

import org.jspecify.annotations.NullMarked;
