/**
 * Pages for people: HTML that is made here and always escaped, its headers, and the figures that stand on pages, in JSON
 * and in metrics. Knows neither workers nor stores; they hand it values.
 */
@NullMarked
package io.sluice.compaction.web;

import org.jspecify.annotations.NullMarked;
