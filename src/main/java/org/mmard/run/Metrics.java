package org.mmard.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.mmard.failure.InputError;

/**
 * The lines of {@code metrics.jsonl}, one per epoch. The file is small and not every Hadoop filesystem can append, so each new line
 * replaces the file as a whole: no reader ever sees half a line.
 */
public final class Metrics {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RunDirectory directory;
    private final List<String> lines = new ArrayList<>();

    /**
     * Takes up the lines of a run that goes on after {@code lastEpoch}; those of later epochs, which will be trained again, are dropped.
     *
     * @param lastEpoch from 1; 0 starts anew
     * @throws InputError where the file holds anything else than the lines of epochs 1, 2, ... at least up to {@code lastEpoch}
     */
    public Metrics(RunDirectory directory, int lastEpoch) {
        this.directory = directory;
        lines.addAll(directory.<List<String>>lines(RunDirectory.METRICS, ArrayList::new, (known, line) -> {
            if (known.size() < lastEpoch) {
                if (epoch(line) != known.size() + 1) {
                    throw new InputError(directory.uri(RunDirectory.METRICS) + ": line " + (known.size() + 1) + " is not that of epoch "
                            + (known.size() + 1) + "; put the file back, or start again in another directory");
                }
                known.add(line);
            }
        }));
        if (lines.size() < lastEpoch) {
            throw new InputError(directory.uri(RunDirectory.METRICS) + ": ends before epoch " + lastEpoch
                    + ", the checkpoint to resume from; put the file back, or start again in another directory");
        }
    }

    /** Adds the line of the next epoch and writes the file. */
    public void append(EpochMetrics epoch) {
        if (epoch.epoch() != lines.size() + 1) {
            throw new IllegalStateException("epoch " + epoch.epoch() + " after line " + lines.size());
        }
        lines.add(epoch.json());
        directory.write(RunDirectory.METRICS, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static int epoch(String line) {
        try {
            JsonNode json = JSON.readTree(line);
            return json.path("epoch").canConvertToInt() ? json.path("epoch").asInt() : -1;
        } catch (JsonProcessingException e) {
            return -1;
        }
    }
}
