// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The assignments of a memnode, each of which leaves it once. Used by the memnode's control thread. */
final class JobTable {
    /** Most assignments at a time: what generators place has a bound, as what they ship has. */
    static final int MAX_ASSIGNMENTS = 1 << 14;

    private final Map<Long, Assignment> assignments = new LinkedHashMap<>();
    private long nextId = 1;

    long nextId() {
        return nextId++;
    }

    void add(Assignment assignment) {
        assignments.put(assignment.id, assignment);
    }

    @Nullable
    Assignment find(long id) {
        return assignments.get(id);
    }

    /** The assignment, where it is the owner's. */
    @Nullable
    Assignment find(Owner owner, long id) {
        Assignment assignment = assignments.get(id);
        return assignment != null && assignment.owner.equals(owner) ? assignment : null;
    }

    /** Takes an assignment out; false where it was out before. */
    boolean remove(Assignment assignment) {
        return assignments.remove(assignment.id, assignment);
    }

    boolean isFull() {
        return assignments.size() >= MAX_ASSIGNMENTS;
    }

    /** Those that a test holds for. */
    List<Assignment> matching(Predicate<Assignment> test) {
        List<Assignment> found = new ArrayList<>();
        for (Assignment assignment : assignments.values()) {
            if (test.test(assignment)) {
                found.add(assignment);
            }
        }
        return found;
    }

    int size() {
        return assignments.size();
    }
}
