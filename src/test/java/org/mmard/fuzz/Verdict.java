package org.mmard.fuzz;

/**
 * What became of one input.
 *
 * @param line the refusal, or what the fault was; empty where the input was accepted
 * @param millis spent reading it; @param bytes by which the process's resident memory rose at most meanwhile
 */
record Verdict(Kind kind, String line, long millis, long bytes) {
    enum Kind { ACCEPTED, REFUSED, FAULT }

    static Verdict fault(String line, long millis) {
        return new Verdict(Kind.FAULT, line, millis, 0);
    }
}
