package org.mmard.fuzz;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The verdicts of a run, by reader. */
final class Tally {
    private static final class Row {
        private final Map<Verdict.Kind, Integer> counts = new TreeMap<>();
        private long millis;
        private long bytes;
    }

    private final Map<String, Row> rows = new LinkedHashMap<>();

    Tally(List<FuzzedReader> readers) {
        readers.forEach(reader -> rows.put(reader.name(), new Row()));
    }

    void add(FuzzedReader reader, Verdict verdict) {
        Row row = rows.get(reader.name());
        row.counts.merge(verdict.kind(), 1, Integer::sum);
        row.millis = Math.max(row.millis, verdict.millis());
        row.bytes = Math.max(row.bytes, verdict.bytes());
    }

    int count(FuzzedReader reader, Verdict.Kind kind) {
        return rows.get(reader.name()).counts.getOrDefault(kind, 0);
    }

    /** A Markdown table, which is also what a terminal can show. */
    String table() {
        StringBuilder table = new StringBuilder(line("reader", "inputs", "refused", "accepted", "faults", "worst time", "worst memory"));
        table.append("|---|---|---|---|---|---|---|\n");
        Row all = new Row();
        rows.forEach((name, row) -> {
            table.append(line(name, row));
            row.counts.forEach((kind, count) -> all.counts.merge(kind, count, Integer::sum));
            all.millis = Math.max(all.millis, row.millis);
            all.bytes = Math.max(all.bytes, row.bytes);
        });
        return table.append(line("all", all)).toString();
    }

    private static String line(String name, Row row) {
        return line(name, grouped(row.counts.values().stream().mapToInt(Integer::intValue).sum()),
                grouped(row.counts.getOrDefault(Verdict.Kind.REFUSED, 0)),
                grouped(row.counts.getOrDefault(Verdict.Kind.ACCEPTED, 0)), grouped(row.counts.getOrDefault(Verdict.Kind.FAULT, 0)),
                String.format(Locale.ROOT, "%.2f s", row.millis / 1000.0), (row.bytes >> 20) + " MiB");
    }

    private static String line(String... cells) {
        return String.format("| %-16s | %9s | %9s | %9s | %6s | %10s | %12s |%n", (Object[]) cells);
    }

    private static String grouped(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
