package org.mmard.ml;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.mmard.app.TrainedStudent;
import org.mmard.app.Training;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.step.Teacher;

/**
 * Trains a compact classifier that resists attack, on a column of images and one of labels. For example:
 *
 * <pre>{@code
 * RobustDistillationModel model = new RobustDistillation().setRunDirectory("hdfs:///runs/first").setTeacher("hdfs:///teacher.zip")
 *         .setMethod("mmard").setStudent("mobilenetv2").setExecutors(4).fit(images);
 * }</pre>
 *
 * The images are collected on the driver and sent to the executors as bytes, as those of every run are: 3 KiB each at 32 x 32. Row n is
 * record n, so that the same rows in the same order train the same student. Every other setting is given by {@link #setSettings}.
 */
public final class RobustDistillation extends Estimator<RobustDistillationModel> implements DefaultParamsWritable {
    private static final long serialVersionUID = 1L;

    private final String uid;
    private final Param<String> imageCol;
    private final Param<String> labelCol;
    private final Param<String> predictionCol;
    private final Param<String> rawPredictionCol;
    private final Param<String> runDirectory;
    private final Param<String> configuration;
    private final Param<String> method;
    private final Param<String> teacher;
    private final Param<String> student;
    private final IntParam epochs;
    private final IntParam batch;
    private final IntParam executors;
    private final LongParam seed;
    private final StringArrayParam classNames;
    private final StringArrayParam settings;

    public RobustDistillation() {
        this(Identifiable$.MODULE$.randomUID("robustDistillation"));
    }

    public RobustDistillation(String uid) {
        this.uid = uid;
        // Spark asks each parameter for its owner, so that the name of this comes first.
        imageCol = new Param<>(this, "imageCol", "column of images: bytes of red, green and blue planes, or "
                + "Spark's image struct");
        labelCol = new Param<>(this, "labelCol", "column of labels: whole numbers from 0");
        predictionCol = new Param<>(this, "predictionCol", "column for the predicted label");
        rawPredictionCol = new Param<>(this, "rawPredictionCol", "column for the logits");
        runDirectory = new Param<>(this, "runDirectory", "URI where checkpoints and metrics of the run go");
        configuration = new Param<>(this, "configuration", "URI of a HOCON file with the settings of the run");
        method = new Param<>(this, "method", "name of the method, as method.name");
        teacher = new Param<>(this, "teacher", "URI of the teacher's model file, as teacher.model");
        student = new Param<>(this, "student", "name of the student's network, as student.architecture");
        epochs = new IntParam(this, "epochs", "as training.epochs");
        batch = new IntParam(this, "batch", "images per step and executor, as training.batch");
        executors = new IntParam(this, "executors", "executors that train, each with room for one task");
        seed = new LongParam(this, "seed", "as run.seed");
        classNames = new StringArrayParam(this, "classNames", "a name for each label; numbers without it");
        settings = new StringArrayParam(this, "settings", "further settings, each as key=value");
        setDefault(imageCol, "image");
        setDefault(labelCol, "label");
        setDefault(predictionCol, "prediction");
        setDefault(rawPredictionCol, "rawPrediction");
        setDefault(executors, 1);
    }

    @Override
    public String uid() {
        return uid;
    }

    public Param<String> imageCol() {
        return imageCol;
    }

    public Param<String> labelCol() {
        return labelCol;
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    public Param<String> runDirectory() {
        return runDirectory;
    }

    public Param<String> configuration() {
        return configuration;
    }

    public Param<String> method() {
        return method;
    }

    public Param<String> teacher() {
        return teacher;
    }

    public Param<String> student() {
        return student;
    }

    public IntParam epochs() {
        return epochs;
    }

    public IntParam batch() {
        return batch;
    }

    public IntParam executors() {
        return executors;
    }

    public LongParam seed() {
        return seed;
    }

    public StringArrayParam classNames() {
        return classNames;
    }

    public StringArrayParam settings() {
        return settings;
    }

    public RobustDistillation setImageCol(String name) {
        return (RobustDistillation) set(imageCol, name);
    }

    public RobustDistillation setLabelCol(String name) {
        return (RobustDistillation) set(labelCol, name);
    }

    public RobustDistillation setPredictionCol(String name) {
        return (RobustDistillation) set(predictionCol, name);
    }

    public RobustDistillation setRawPredictionCol(String name) {
        return (RobustDistillation) set(rawPredictionCol, name);
    }

    public RobustDistillation setRunDirectory(String uri) {
        return (RobustDistillation) set(runDirectory, uri);
    }

    public RobustDistillation setConfiguration(String uri) {
        return (RobustDistillation) set(configuration, uri);
    }

    public RobustDistillation setMethod(String name) {
        return (RobustDistillation) set(method, name);
    }

    public RobustDistillation setTeacher(String uri) {
        return (RobustDistillation) set(teacher, uri);
    }

    public RobustDistillation setStudent(String name) {
        return (RobustDistillation) set(student, name);
    }

    public RobustDistillation setEpochs(int number) {
        return (RobustDistillation) set(epochs, number);
    }

    public RobustDistillation setBatch(int images) {
        return (RobustDistillation) set(batch, images);
    }

    public RobustDistillation setExecutors(int number) {
        return (RobustDistillation) set(executors, number);
    }

    public RobustDistillation setSeed(long number) {
        return (RobustDistillation) set(seed, number);
    }

    public RobustDistillation setClassNames(String[] names) {
        return (RobustDistillation) set(classNames, names);
    }

    /** @param keyValues such as {@code training.learning-rate=0.1} */
    public RobustDistillation setSettings(String[] keyValues) {
        return (RobustDistillation) set(settings, keyValues);
    }

    /**
     * Trains. Goes on with the run that {@code runDirectory} holds, where it was stopped.
     *
     * @throws InputError for the first thing that is missing or does not fit the rest
     */
    @Override
    public RobustDistillationModel fit(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        ImageSet images = collect(dataset);
        Training training = isDefined(configuration) ? Training.of(getOrDefault(configuration)) : Training.usual();
        given(training, "run.directory", runDirectory);
        given(training, "method.name", method);
        given(training, "teacher.model", teacher);
        given(training, "student.architecture", student);
        given(training, "training.epochs", epochs);
        given(training, "training.batch", batch);
        given(training, "cluster.executors", executors);
        given(training, "run.seed", seed);
        if (isDefined(settings)) {
            for (String setting : getOrDefault(settings)) {
                String[] parts = setting.split("=", 2);
                if (parts.length != 2) {
                    throw new InputError("settings has '" + setting + "': give each as key=value");
                }
                training.with(parts[0].strip(), parts[1].strip());
            }
        }
        TrainedStudent trained = training.with("data.uri", "dataframe:" + uid).images(images).resume(true).startedBy("Spark ML, " + uid)
                .on(JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext())).fit();
        Teacher model = Teacher.read(trained.best(), trained.directory().hadoop());
        RobustDistillationModel fitted = new RobustDistillationModel(uid, model, images.shape(), trained.best());
        fitted.setParent(this);
        copyValues(fitted, ParamMap.empty());
        return fitted;
    }

    private void given(Training training, String key, Param<?> param) {
        if (isDefined(param)) {
            training.with(key, getOrDefault(param));
        }
    }

    private ImageSet collect(Dataset<?> dataset) {
        ImageColumn column = new ImageColumn(getOrDefault(imageCol));
        String label = getOrDefault(labelCol);
        Iterator<Row> rows = dataset.toDF().select(getOrDefault(imageCol), label).toLocalIterator();
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        List<Integer> labels = new ArrayList<>();
        ImageShape shape = null;
        while (rows.hasNext()) {
            Row row = rows.next();
            shape = shape == null ? column.shape(row) : shape;
            pixels.writeBytes(column.pixels(row, shape));
            labels.add(label(row, label));
        }
        if (shape == null) {
            throw new InputError("the data has no rows");
        }
        byte[] all = new byte[labels.size()];
        IntStream.range(0, all.length).forEach(i -> all[i] = labels.get(i).byteValue());
        return new ImageSet(shape, pixels.toByteArray(), all, names(labels.stream().mapToInt(Integer::intValue).max().orElseThrow() + 1));
    }

    private List<String> names(int classes) {
        if (!isDefined(classNames)) {
            return IntStream.range(0, Math.max(2, classes)).mapToObj(Integer::toString).toList();
        }
        List<String> names = Arrays.asList(getOrDefault(classNames));
        if (names.size() < classes) {
            throw new InputError("classNames has " + names.size() + " names, column '" + getOrDefault(labelCol) + "' the label "
                    + (classes - 1) + "; name every class");
        }
        return names;
    }

    private static int label(Row row, String column) {
        Object value = row.get(1);
        if (!(value instanceof Number number) || number.doubleValue() != number.intValue() || number.intValue() < 0
                || number.intValue() > 255) {
            throw new InputError("column '" + column + "' has " + value + ", where a label is wanted: a whole number from 0 to 255");
        }
        return number.intValue();
    }

    @Override
    public StructType transformSchema(StructType schema) {
        new ImageColumn(getOrDefault(imageCol)).check(schema);
        if (!Arrays.asList(schema.fieldNames()).contains(getOrDefault(labelCol))) {
            throw new InputError("the data has no column '" + getOrDefault(labelCol) + "': it has " + String.join(", ", schema.fieldNames())
                    + "; name the one with labels by labelCol");
        }
        return RobustDistillationModel.schema(schema, getOrDefault(rawPredictionCol), getOrDefault(predictionCol));
    }

    @Override
    public RobustDistillation copy(ParamMap extra) {
        return (RobustDistillation) defaultCopy(extra);
    }

    /** Reads what {@code save} wrote. */
    public static MLReader<RobustDistillation> read() {
        return new DefaultParamsReader<>();
    }

    /** Reads what {@code save} wrote. */
    public static RobustDistillation load(String path) {
        return read().load(path);
    }
}
