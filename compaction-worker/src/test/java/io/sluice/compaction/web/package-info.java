@NullMarked
package io.sluice.compaction.web;

import org.jspecify.annotations.NullMarked;
