package org.mmard.attack;

import java.util.ArrayList;
import java.util.List;
import org.mmard.data.CorruptedImages;
import org.mmard.data.ImageSet;

/**
 * Measures a model's accuracy on corrupted images, severity by severity: one is in memory at a time. What the ledger knows of the same
 * images is not done again.
 */
public final class CorruptionRun {
    private final Evaluator evaluator;
    private final Ledger ledger;
    private final Evaluator.Progress progress;

    /**
     * @param evaluator of the model; its own images do not matter
     * @param ledger of this model alone
     */
    public CorruptionRun(Evaluator evaluator, Ledger ledger, Evaluator.Progress progress) {
        this.evaluator = evaluator;
        this.ledger = ledger;
        this.progress = progress;
    }

    /** @param severities which ones, each from 1 to {@link CorruptedImages#SEVERITIES}, in order */
    public Corruptions measure(CorruptedImages images, List<Integer> severities) {
        List<Corruptions.Row> rows = images.corruptions().stream().map(corruption -> {
            Count count = new Count(corruption.name(), severities.size() * images.examples());
            List<Corruptions.Found> found = new ArrayList<>();
            for (int severity : severities) {
                ImageSet some = images.images(corruption, severity);
                String checksum = some.checksum();
                Outcome outcome = outcome(some, "corrupted-" + checksum, count);
                found.add(new Corruptions.Found(outcome.accuracy(), checksum, outcome.seconds()));
            }
            return new Corruptions.Row(corruption.name(), corruption.benchmark(), corruption.file().bytes(), found);
        }).toList();
        return new Corruptions(images.uri(), images.examples(), severities, rows);
    }

    /** @param name what the ledger calls these images */
    private Outcome outcome(ImageSet images, String name, Count count) {
        Outcome known = ledger.known(name);
        if (known.records().length == images.size()) {
            count.add(known);
            return known;
        }
        Outcome measured = evaluator.over(images, lent -> lent.outcome(null, count::add));
        // Severity by severity: as files of a batch each, there would be thousands.
        ledger.add(name, measured, null);
        return measured;
    }

    /** How far a corruption is. */
    private final class Count {
        private final String name;
        private final int total;
        private int done;
        private int wrong;

        Count(String name, int total) {
            this.name = name;
            this.total = total;
            progress.examples(name, 0, total, 1);
        }

        void add(Outcome part) {
            done += part.records().length;
            wrong += part.records().length - part.right();
            progress.examples(name, done, total, (double) (total - wrong) / total);
        }
    }
}
