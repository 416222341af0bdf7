package org.mmard.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.mmard.attack.Attacks;
import org.mmard.config.Settings;
import org.mmard.data.ImageSet;
import org.mmard.run.ValidationAccuracy;

/** Clean accuracy, and accuracy under PGD on the cross-entropy, of the student as it is, over all executors. */
final class Validation {
    private final JavaSparkContext spark;
    private final Settings settings;
    private final Broadcast<ImageSet> images;

    Validation(JavaSparkContext spark, Settings settings, Broadcast<ImageSet> images) {
        this.spark = spark;
        this.settings = settings;
        this.images = images;
    }

    ValidationAccuracy of(ComputationGraph student) {
        try (SparkEvaluator evaluator =
                new SparkEvaluator(spark, student, images, settings.validation().batch(), settings.run().seed(), settings.engine())) {
            double clean = evaluator.outcome(null).accuracy();
            double robust = evaluator.outcome(Attacks.validation(settings.attack(), settings.validation())).accuracy();
            return new ValidationAccuracy(clean, robust, images.value().size());
        }
    }
}
