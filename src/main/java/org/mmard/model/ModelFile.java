package org.mmard.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.mmard.config.InputError;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model on disk: the zip that DL4J's {@code ModelSerializer} writes (configuration.json, coefficients.bin, updaterState.bin), so that plain
 * DL4J loads it, and one entry more, {@code mmard.json}, that says what the model is. The same model gives the same bytes.
 */
public final class ModelFile {
    private static final String METADATA = "mmard.json";
    private static final List<String> OWN =
            List.of(ModelSerializer.CONFIGURATION_JSON, ModelSerializer.COEFFICIENTS_BIN, ModelSerializer.UPDATER_BIN, METADATA);
    /** Bytes. */
    private static final int PIECE = 1 << 16;
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private ModelFile() {}

    /**
     * What a model is and where it came from.
     *
     * @param architecture name in the zoo; @param classNames one per class, in label order
     * @param data what it was trained on; @param provenance seed, versions, checksums and the like, by name
     */
    public record Metadata(String architecture, List<String> classNames, String data, Map<String, String> provenance) {
        public Metadata {
            if (architecture == null || classNames == null || data == null || provenance == null) {
                throw new IllegalArgumentException("architecture, classNames, data and provenance are all needed");
            }
            classNames = List.copyOf(classNames);
            provenance = new TreeMap<>(provenance);
        }
    }

    /**
     * @param updaterState the optimiser's state at the time of writing, or null; it is not installed in the graph
     * @param extras all further entries of the zip, by name
     */
    public record Model(ComputationGraph graph, Metadata metadata, INDArray updaterState, Map<String, byte[]> extras) {}

    /**
     * Writes the graph, with its updater's state if it has one, and leaves the stream open. The caller sees to it that a half-written file
     * never stands under the model's name.
     *
     * @param extras further entries, by names other than the zip's own
     */
    public static void write(OutputStream out, ComputationGraph graph, Metadata metadata, Map<String, byte[]> extras) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        deflate(zip, ModelSerializer.CONFIGURATION_JSON, graph.getConfiguration().toJson().getBytes(StandardCharsets.UTF_8));
        put(zip, ModelSerializer.COEFFICIENTS_BIN, graph.params());
        Updater updater = graph.getUpdater(false);
        if (updater != null && updater.getStateViewArray() != null) {
            put(zip, ModelSerializer.UPDATER_BIN, updater.getStateViewArray());
        }
        put(zip, METADATA, JSON.writeValueAsBytes(metadata));
        for (Map.Entry<String, byte[]> extra : new TreeMap<>(extras).entrySet()) {
            if (OWN.contains(extra.getKey())) {
                throw new IllegalArgumentException("entry name " + extra.getKey() + " is taken");
            }
            put(zip, extra.getKey(), extra.getValue());
        }
        zip.finish();
    }

    /**
     * Reads a model from any Hadoop URI.
     *
     * @throws InputError naming the URI, and the entry where there is one, when the file is missing, damaged or no model
     */
    public static Model read(String uri, Configuration hadoop) {
        try {
            return model(uri, ZipEntries.read(uri, hadoop));
        } catch (InputError e) {
            if (TorchFile.isOne(uri, hadoop)) {
                throw new InputError(uri + ": PyTorch weights; mmard model import makes a model file of them", e);
            }
            throw e;
        }
    }

    /**
     * Reads a model from an open file of {@code length} bytes.
     *
     * @param uri for complaints
     * @throws InputError naming the URI, and the entry where there is one, when the content is damaged or no model
     * @throws IOException when the content cannot be read
     */
    public static Model read(String uri, FSDataInputStream in, long length) throws IOException {
        return model(uri, ZipEntries.read(uri, in, length));
    }

    /**
     * Checks that an open file of {@code length} bytes is a whole zip, every entry of it.
     *
     * @throws InputError as {@link #read} does; @throws IOException when the content cannot be read
     */
    public static void requireWhole(String uri, FSDataInputStream in, long length) throws IOException {
        ZipEntries.read(uri, in, length);
    }

    private static Model model(String uri, Map<String, byte[]> entries) {
        Metadata metadata = metadata(uri, required(uri, entries, METADATA));
        ComputationGraphConfiguration configuration = configuration(uri, required(uri, entries, ModelSerializer.CONFIGURATION_JSON));
        INDArray parameters = array(uri, ModelSerializer.COEFFICIENTS_BIN, required(uri, entries, ModelSerializer.COEFFICIENTS_BIN));
        byte[] updater = entries.get(ModelSerializer.UPDATER_BIN);
        INDArray updaterState = updater == null ? null : array(uri, ModelSerializer.UPDATER_BIN, updater);
        ComputationGraph graph = new ComputationGraph(configuration);
        try {
            graph.init(parameters, false);
        } catch (RuntimeException e) {
            throw bad(uri, ModelSerializer.COEFFICIENTS_BIN, "does not fit the configuration: " + e.getMessage(), e);
        }
        Map<String, byte[]> extras = new TreeMap<>(entries);
        OWN.forEach(extras::remove);
        return new Model(graph, metadata, updaterState, extras);
    }

    /**
     * SHA-256 of a model file's bytes, in lower-case hexadecimal.
     *
     * @throws InputError naming the URI, where it cannot be read
     */
    public static String checksum(String uri, Configuration hadoop) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Path path = new Path(uri);
            FileSystem files = path.getFileSystem(hadoop);
            FileSystem raw = files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
            try (InputStream in = new DigestInputStream(raw.open(path), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static byte[] required(String uri, Map<String, byte[]> entries, String entry) {
        byte[] content = entries.get(entry);
        if (content == null) {
            throw new InputError(uri + ": not a model file of mmard: entry " + entry + " is missing");
        }
        return content;
    }

    private static Metadata metadata(String uri, byte[] content) {
        try {
            return JSON.readValue(content, Metadata.class);
        } catch (IOException e) {
            throw bad(uri, METADATA, e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage(), e);
        }
    }

    private static ComputationGraphConfiguration configuration(String uri, byte[] content) {
        try {
            refuseForeignClasses(uri, JSON.readTree(content));
            return ComputationGraphConfiguration.fromJson(new String(content, StandardCharsets.UTF_8));
        } catch (InputError e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw bad(uri, ModelSerializer.CONFIGURATION_JSON, "no configuration of a DL4J graph", e);
        }
    }

    /** DL4J makes an object of whatever class the JSON names: a model from elsewhere must not choose freely. */
    private static void refuseForeignClasses(String uri, JsonNode node) {
        for (JsonNode named : node.findValues("@class")) {
            if (!named.asText().startsWith("org.deeplearning4j.nn.") && !named.asText().startsWith("org.nd4j.linalg.")) {
                throw bad(uri, ModelSerializer.CONFIGURATION_JSON, "names class " + named.asText() + ", which is not one of DL4J's", null);
            }
        }
    }

    /** An array in the form of a model file's entry, for an extra of {@link #write}. */
    public static byte[] bytes(INDArray array) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(bytes, array);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The array of such an extra. @throws InputError naming file and entry, where it is none */
    public static INDArray array(String uri, String entry, byte[] content) {
        try {
            return Nd4j.read(new DataInputStream(new ByteArrayInputStream(content)));
        } catch (RuntimeException e) {
            throw bad(uri, entry, "no ND4J array", e);
        }
    }

    private static InputError bad(String uri, String entry, String what, Exception cause) {
        String line = what.lines().findFirst().orElse(what);
        return new InputError(uri + ": entry " + entry + ": " + line, cause);
    }

    /** What {@link Nd4j#write} writes, to the byte: that hands a stream one value at a time, of a copy off the heap. */
    private static void write(OutputStream out, INDArray array) throws IOException {
        DataOutputStream data = new DataOutputStream(out);
        array.shapeInfoDataBuffer().write(data);
        data.writeUTF(array.data().allocationMode().name());
        data.writeLong(array.length());
        data.writeUTF(array.dataType().name());
        FlatVector.use(array, bytes -> {
            FloatBuffer values = bytes.asFloatBuffer();
            ByteBuffer piece = ByteBuffer.allocate(PIECE);
            for (int from = 0; from < values.capacity(); from += PIECE / Float.BYTES) {
                int length = Math.min(values.capacity() - from, PIECE / Float.BYTES);
                piece.asFloatBuffer().put(values.slice(from, length));
                data.write(piece.array(), 0, length * Float.BYTES);
            }
        });
        data.flush();
    }

    private static void deflate(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(entry(name));
        zip.write(content);
        zip.closeEntry();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        store(zip, name, out -> out.write(content));
    }

    private static void put(ZipOutputStream zip, String name, INDArray array) throws IOException {
        store(zip, name, out -> write(out, array));
    }

    /**
     * Writes an entry uncompressed: deflating weights takes most of the time of a checkpoint, and takes 7 % off its size.
     *
     * @param content written twice, for such an entry says its length and checksum first
     */
    private static void store(ZipOutputStream zip, String name, Content content) throws IOException {
        CRC32 checksum = new CRC32();
        DataOutputStream counted = new DataOutputStream(new CheckedOutputStream(OutputStream.nullOutputStream(), checksum));
        content.writeTo(counted);
        ZipEntry entry = entry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(counted.size());
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        content.writeTo(zip);
        zip.closeEntry();
    }

    private static ZipEntry entry(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(NO_TIME);
        return entry;
    }

    /** Writes the same bytes each time. */
    @FunctionalInterface
    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
