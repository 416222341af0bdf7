package org.mmard.report;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.mmard.config.ResolvedSettings;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.failure.InputError;
import org.mmard.run.EpochMetrics;
import org.mmard.run.Provenance;
import org.mmard.run.RunDirectory;

/**
 * A training run as its directory has it, finished or not.
 *
 * @param directory where it lies
 * @param resolved its settings, from {@code run.conf}
 * @param provenance data, teacher and every start of it
 * @param epochs the finished epochs, in order
 * @param evaluations what was measured of its models, {@code evaluation.json} of the directory first
 * @param earlier what was measured of a model that it no longer has: {@code evaluation.json} of the directory, when the run went on after
 *     it was written
 */
public record RecordedRun(RunDirectory directory, ResolvedSettings resolved, Provenance provenance, List<EpochMetrics> epochs,
        List<RecordedEvaluation> evaluations, List<RecordedEvaluation> earlier) {
    private static final List<String> STUDENTS = List.of(RunDirectory.BEST, RunDirectory.LAST);
    private static final int LARGEST = 1 << 20;

    public RecordedRun {
        epochs = List.copyOf(epochs);
        evaluations = List.copyOf(evaluations);
        earlier = List.copyOf(earlier);
    }

    /**
     * Reads a run directory.
     *
     * @param uri any Hadoop URI
     * @throws InputError where there is no run, or a file of it is damaged
     */
    public static RecordedRun read(String uri, Configuration hadoop) {
        RunDirectory directory = RunDirectory.at(uri, hadoop);
        if (!directory.exists(RunDirectory.CONFIGURATION)) {
            throw new InputError(
                    uri + ": holds no run, for it has no " + RunDirectory.CONFIGURATION + "; give the directory that run.directory named");
        }
        ResolvedSettings resolved = SettingsReader.readStored(directory.read(RunDirectory.CONFIGURATION, LARGEST).orElseThrow(),
                directory.uri(RunDirectory.CONFIGURATION));
        List<RecordedEvaluation> evaluations = directory.exists(RecordedEvaluation.FILE)
                ? List.of(RecordedEvaluation.read(directory.uri(RecordedEvaluation.FILE), hadoop)) : List.of();
        Provenance provenance = Provenance.read(directory);
        List<EpochMetrics> epochs = EpochMetrics.read(directory);
        return evaluations.stream().allMatch(evaluation -> mayBeOf(directory, evaluation))
                ? new RecordedRun(directory, resolved, provenance, epochs, evaluations, List.of())
                : new RecordedRun(directory, resolved, provenance, epochs, List.of(), evaluations);
    }

    /** Whether nothing speaks against it: a file of an older version names no model, and a run's models may have been removed. */
    private static boolean mayBeOf(RunDirectory directory, RecordedEvaluation evaluation) {
        String model = evaluation.about().get("model_sha256");
        Set<String> students = model == null ? Set.of() : students(directory);
        return students.isEmpty() || students.contains(model);
    }

    /** SHA-256 of the models that a run has: as written down beside them, else computed. */
    private static Set<String> students(RunDirectory directory) {
        return STUDENTS.stream().filter(directory::exists)
                .flatMap(name -> directory.recordedSha256(name).or(() -> directory.sha256(name)).stream()).collect(Collectors.toSet());
    }

    /** SHA-256 of {@code best.zip} and {@code last.zip}, as far as they are there. */
    public Set<String> students() {
        return students(directory);
    }

    public Settings settings() {
        return resolved.settings();
    }

    /** The last part of its directory's path. */
    public String name() {
        return RunView.ending(directory.uri(), 1);
    }

    /** The last finished epoch, or nothing where there is none. */
    public Optional<EpochMetrics> last() {
        return epochs.isEmpty() ? Optional.empty() : Optional.of(epochs.get(epochs.size() - 1));
    }

    /** The epoch whose student is {@code best.zip}, or nothing where none was validated. */
    public Optional<EpochMetrics> best() {
        return epochs.stream().filter(EpochMetrics::best).reduce((earlier, later) -> later);
    }

    /** URI of the model to look at: {@code best.zip}, else {@code last.zip}; nothing before the first checkpoint. */
    public Optional<String> model() {
        return STUDENTS.stream().filter(directory::exists).map(directory::uri).findFirst();
    }

    /** How many executors trained, one number after the other where that changed: {@code 2, then 4}. */
    public String executors() {
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < provenance.starts().size(); i++) {
            if (numbers.isEmpty() || provenance.resized(i).isPresent()) {
                numbers.add(String.valueOf(provenance.starts().get(i).executors()));
            }
        }
        return numbers.isEmpty() || numbers.contains("null") ? Integer.toString(settings().cluster().executors())
                : String.join(", then ", numbers);
    }

    /** Where its executors computed after the last start; nothing where an older version did not write it down. */
    public Optional<String> device() {
        return provenance.starts().isEmpty() ? Optional.empty()
                : Optional.ofNullable(provenance.starts().get(provenance.starts().size() - 1).versions().get("device"));
    }

    /** Whether all epochs that were asked for are done. */
    public boolean finished() {
        return last().map(EpochMetrics::epoch).orElse(0) >= settings().training().epochs();
    }

    /** Seconds of training, validation not counted. */
    public double seconds() {
        return epochs.stream().mapToDouble(epoch -> epoch.report().seconds()).sum();
    }

    /** The method in a few words: its name, or inner objective and outer loss where they are not of one method. */
    public String method() {
        return method(settings().method().inner(), settings().method().outer());
    }

    static String method(String inner, String outer) {
        return inner.equals(outer) ? outer : inner + " / " + outer;
    }

    /** Every key of its settings with its value as text; a key whose value is null is not there. */
    public Map<String, String> keys() {
        return SettingsReader.stored(resolved.rendered().getBytes(StandardCharsets.UTF_8), directory.uri(RunDirectory.CONFIGURATION))
                .entrySet().stream().collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> String.valueOf(entry.getValue().unwrapped()), (one, other) -> one, TreeMap::new));
    }

    RecordedRun with(RecordedEvaluation evaluation) {
        List<RecordedEvaluation> all = new ArrayList<>(evaluations);
        all.add(evaluation);
        return new RecordedRun(directory, resolved, provenance, epochs, all, earlier);
    }
}
