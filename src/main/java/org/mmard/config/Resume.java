package org.mmard.config;

/** Whether a resumed run may have another value of a key than it began with. */
public enum Resume {
    /** It decides what is learnt: refused. */
    FIXED(""),
    /** Where something lies decides nothing. */
    PLACE("A resume may change it."),
    /** What lies there decides, and is compared by its SHA-256. */
    CONTENT("A resume may change it, where the content is the same."),
    /** Epochs may be added. */
    LENGTH("A resume may raise it."),
    /** How much is kept, and how long or how often is waited or tried again. */
    PATIENCE("A resume may change it."),
    /** How fast networks run: other roundings of the same numbers, no other format. */
    SPEED("A resume may change it."),
    /** It does decide something, by a rule that is known (docs/training.md), and a cluster is not always as large as it was. */
    CLUSTER("A resume may change it.");

    private final String sentence;

    Resume(String sentence) {
        this.sentence = sentence;
    }

    /** As an explanation ends; empty where no resume may change the key. */
    String sentence() {
        return sentence;
    }
}
