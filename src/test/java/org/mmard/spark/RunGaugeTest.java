package org.mmard.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.mmard.config.Settings;
import org.mmard.model.Architectures;
import org.mmard.run.EpochSums;
import org.mmard.run.ValidationAccuracy;
import org.mmard.step.NanStep;
import org.mmard.step.Toys;
import org.mmard.train.Epochs;
import org.mmard.train.StopRequest;
import org.mmard.train.WeightAverage;

/** Spark's own page for Prometheus, asked over HTTP while a run is trained. */
class RunGaugeTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @Test
    void sparksPageForPrometheusShowsTheRun() throws Exception {
        System.setProperty("spark.ui.enabled", "true");
        System.setProperty("spark.ui.port", "0");
        System.setProperty("spark.metrics.namespace", "mmard");
        try (JavaSparkContext spark = SparkDriver.start("test", 1)) {
            String pages = spark.sc().uiWebUrl().get();
            RunGauge.begin("a run before this one");
            try (Epochs epochs = epochs(spark)) {
                assertEquals(Double.NaN, gauge(pages, "loss"));
                EpochSums sums = epochs.train(2, EpochSums.NONE, (done, total, loss) -> {});
                ValidationAccuracy accuracy = epochs.validate(Architectures.network("cnn-4-8", 10, 1));
                assertEquals(3, gauge(pages, "epoch"));
                assertEquals(12, gauge(pages, "step"));
                assertEquals(sums.loss(), gauge(pages, "loss"), 1e-9);
                assertEquals(1, gauge(pages, "skipped_steps"));
                assertEquals(1, sums.skippedSteps());
                assertEquals(accuracy.clean(), gauge(pages, "clean_accuracy"), 1e-9);
                assertEquals(accuracy.robust(), gauge(pages, "robust_accuracy"), 1e-9);
                assertTrue(gauge(pages, "images_per_second") > 0);
                assertEquals(0, gauge(pages, "restarts"));
            }
            // As after a failure: the same run has executors anew.
            epochs(spark).close();
            assertEquals(1, gauge(pages, "restarts"));
            String jobs = get(pages + "/jobs/");
            assertTrue(jobs.contains("epoch 3 of 10: training") && jobs.contains("epoch 3 of 10: validation"), jobs);
        } finally {
            System.clearProperty("spark.ui.enabled");
            System.clearProperty("spark.ui.port");
            System.clearProperty("spark.metrics.namespace");
        }
    }

    /** Of its four steps an epoch, that with record 5 is skipped. */
    private static Epochs epochs(JavaSparkContext spark) {
        Settings settings = ToyDriver.settings(Map.of("executors", "1", "batch", "32"));
        WeightAverage none = WeightAverage.after(Optional.empty(), Settings.Averaging.NONE);
        return new SparkEpochs(spark, Architectures.network("cnn-4-8", 10, 1), none, Toys.images(100, 1), Toys.images(50, 2), settings,
                student -> new NanStep(student, Set.of(5)), new StopRequest());
    }

    private static double gauge(String pages, String name) throws IOException, InterruptedException {
        String line = get(pages + "/metrics/prometheus/").lines()
                .filter(found -> found.startsWith("metrics_mmard_driver_plugin_org_mmard_spark_RunPlugin_" + name + "_Value{")).findFirst()
                .orElseThrow();
        return Double.parseDouble(line.substring(line.lastIndexOf(' ')));
    }

    private static String get(String uri) throws IOException, InterruptedException {
        HttpResponse<String> response = HTTP.send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
        assertEquals(200, response.statusCode(), uri);
        return response.body();
    }
}
