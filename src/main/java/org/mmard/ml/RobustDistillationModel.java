package org.mmard.ml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsReader$;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.mmard.data.ImageShape;
import org.mmard.engine.Classifier;
import org.mmard.engine.Logits;
import org.mmard.model.ModelFile;
import org.mmard.step.Teacher;
import scala.Option;

/**
 * A trained student as a transformer: adds a column of logits and one of predicted labels to one of images. What {@code save} writes is Spark
 * ML's metadata and {@code model.zip}, which every other program of ours reads as well.
 */
public final class RobustDistillationModel extends Model<RobustDistillationModel> implements MLWritable {
    private static final long serialVersionUID = 1L;
    private static final String FILE = "model.zip";
    private static final int BATCH = 64;

    private final String uid;
    private final transient Teacher network;
    private final ImageShape shape;
    private final String file;
    private final Param<String> imageCol;
    private final Param<String> predictionCol;
    private final Param<String> rawPredictionCol;

    /**
     * @param network the student
     * @param file URI of its model file
     */
    RobustDistillationModel(String uid, Teacher network, ImageShape shape, String file) {
        this.uid = uid;
        // Spark asks each parameter for its owner, so that the name of this comes first.
        imageCol = new Param<>(this, "imageCol", "column of images, as the estimator has it");
        predictionCol = new Param<>(this, "predictionCol", "column for the predicted label");
        rawPredictionCol = new Param<>(this, "rawPredictionCol", "column for the logits");
        this.network = network;
        this.shape = shape;
        this.file = file;
        setDefault(imageCol, "image");
        setDefault(predictionCol, "prediction");
        setDefault(rawPredictionCol, "rawPrediction");
    }

    @Override
    public String uid() {
        return uid;
    }

    /** The column of images, of the kind and shape that the student was trained on; {@code image} where it is not set. */
    public Param<String> imageCol() {
        return imageCol;
    }

    /** The column that is added for the answer: the label of the largest logit, as a double. */
    public Param<String> predictionCol() {
        return predictionCol;
    }

    /** The column that is added for the logits: a vector with one number of each class. */
    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    /** Sets {@link #imageCol}. */
    public RobustDistillationModel setImageCol(String name) {
        return (RobustDistillationModel) set(imageCol, name);
    }

    /** Sets {@link #predictionCol}. */
    public RobustDistillationModel setPredictionCol(String name) {
        return (RobustDistillationModel) set(predictionCol, name);
    }

    /** Sets {@link #rawPredictionCol}. */
    public RobustDistillationModel setRawPredictionCol(String name) {
        return (RobustDistillationModel) set(rawPredictionCol, name);
    }

    /** URI of the student's model file: {@code mmard evaluate --model} takes it. */
    public String modelFile() {
        return file;
    }

    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = transformSchema(dataset.schema());
        JavaSparkContext spark = JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext());
        return dataset.toDF().mapPartitions(new Answers(spark.broadcast(network), shape, getOrDefault(imageCol)), Encoders.row(schema));
    }

    @Override
    public StructType transformSchema(StructType schema) {
        new ImageColumn(getOrDefault(imageCol)).check(schema);
        return schema(schema, getOrDefault(rawPredictionCol), getOrDefault(predictionCol));
    }

    static StructType schema(StructType of, String logits, String label) {
        return of.add(logits, SQLDataTypes.VectorType(), false).add(label, DataTypes.DoubleType, false);
    }

    /** A partition's rows with the student's answers, a batch at a time. */
    private record Answers(Broadcast<Teacher> network, ImageShape shape, String column) implements MapPartitionsFunction<Row, Row> {
        private static final long serialVersionUID = 1L;

        @Override
        public Iterator<Row> call(Iterator<Row> rows) {
            List<Row> answered = new ArrayList<>();
            try (Classifier classifier = network.value().frozen()) {
                List<Row> batch = new ArrayList<>();
                while (rows.hasNext()) {
                    batch.add(rows.next());
                    if (batch.size() == BATCH || !rows.hasNext()) {
                        answer(batch, classifier, answered);
                        batch.clear();
                    }
                }
            }
            return answered.iterator();
        }

        private void answer(List<Row> batch, Classifier classifier, List<Row> answered) {
            ImageColumn images = new ImageColumn(column);
            float[] pixels = new float[batch.size() * shape.size()];
            for (int n = 0; n < batch.size(); n++) {
                byte[] bytes = images.pixels(batch.get(n), shape);
                for (int i = 0; i < bytes.length; i++) {
                    pixels[n * shape.size() + i] = (bytes[i] & 0xff) / 255f;
                }
            }
            Logits logits = classifier.logits(shape, pixels);
            for (int n = 0; n < batch.size(); n++) {
                Row row = batch.get(n);
                Object[] values = new Object[row.size() + 2];
                for (int i = 0; i < row.size(); i++) {
                    values[i] = row.get(i);
                }
                double[] ofRow = new double[logits.classes()];
                for (int c = 0; c < ofRow.length; c++) {
                    ofRow[c] = logits.get(n, c);
                }
                values[row.size()] = Vectors.dense(ofRow);
                values[row.size() + 1] = (double) logits.argMax(n);
                answered.add(RowFactory.create(values));
            }
        }
    }

    @Override
    public RobustDistillationModel copy(ParamMap extra) {
        RobustDistillationModel copy = copyValues(new RobustDistillationModel(uid, network, shape, file), extra);
        return copy.setParent(parent());
    }

    @Override
    public MLWriter write() {
        return new Writer(this);
    }

    private static final class Writer extends MLWriter {
        private final RobustDistillationModel model;

        Writer(RobustDistillationModel model) {
            this.model = model;
        }

        @Override
        public void saveImpl(String path) {
            DefaultParamsWriter$.MODULE$.saveMetadata(model, path, sc(), Option.empty(), Option.empty());
            Configuration hadoop = sc().hadoopConfiguration();
            try {
                Path from = new Path(model.file);
                Path to = new Path(path, FILE);
                FileSystem target = to.getFileSystem(hadoop);
                FileUtil.copy(from.getFileSystem(hadoop), from, target, to, false, true, hadoop);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write " + path + "/" + FILE, e);
            }
        }
    }

    /** Reads what {@code save} wrote. */
    public static MLReader<RobustDistillationModel> read() {
        return new Reader();
    }

    /** Reads what {@code save} wrote. */
    public static RobustDistillationModel load(String path) {
        return read().load(path);
    }

    private static final class Reader extends MLReader<RobustDistillationModel> {
        @Override
        public RobustDistillationModel load(String path) {
            DefaultParamsReader.Metadata metadata =
                    DefaultParamsReader$.MODULE$.loadMetadata(path, sc(), RobustDistillationModel.class.getName());
            String file = new Path(path, FILE).toString();
            Configuration hadoop = sc().hadoopConfiguration();
            RobustDistillationModel model = new RobustDistillationModel(metadata.uid(), Teacher.read(file, hadoop),
                    ModelFile.read(file, hadoop).metadata().shape(), file);
            metadata.getAndSetParams(model, Option.empty());
            return model;
        }
    }
}
