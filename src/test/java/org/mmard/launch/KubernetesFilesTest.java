package org.mmard.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mmard.cli.Mmard;

/** The manifests under {@code deploy/kubernetes}, field by field, and what they say of the same thing in different places. */
class KubernetesFilesTest {
    private static final Path FOLDER = Shell.CHECKOUT.resolve("deploy/kubernetes");
    private static final ObjectMapper YAML = strict();
    private static final Map<String, Class<?>> KINDS = Map.of("v1/Pod", Pod.class, "v1/ServiceAccount", ServiceAccount.class,
            "rbac.authorization.k8s.io/v1/Role", Role.class, "rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class,
            "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class, "batch/v1/CronJob", CronJob.class,
            "sparkoperator.k8s.io/v1beta2/ScheduledSparkApplication", ScheduledSparkApplication.class);

    /** Its classes would keep what they do not know; here it is an error, as it is for a Kubernetes server. */
    private static ObjectMapper strict() {
        return new ObjectMapper(new YAMLFactory().enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION))
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public Boolean hasAnySetter(Annotated annotated) {
                        return false;
                    }
                });
    }

    /** The fields that we use of the Spark operator's api/v1beta2, whose Go types name more. */
    record ScheduledSparkApplication(String apiVersion, String kind, ObjectMeta metadata, Schedule spec) {}

    enum Concurrency { Allow, Forbid, Replace }

    record Schedule(String schedule, Concurrency concurrencyPolicy, Integer successfulRunHistoryLimit, Integer failedRunHistoryLimit,
            Application template) {}

    enum Language { Java, Python, Scala, R }

    enum Mode { cluster, client }

    record Application(Language type, Mode mode, String sparkVersion, String image, String mainClass, String mainApplicationFile,
            List<String> arguments,
            RestartPolicy restartPolicy, Map<String, String> sparkConf, List<Volume> volumes, SparkPod driver, SparkPod executor) {}

    enum Restart { Never, OnFailure, Always }

    record RestartPolicy(Restart type, Integer onFailureRetries, Long onFailureRetryInterval, Integer onSubmissionFailureRetries,
            Long onSubmissionFailureRetryInterval) {}

    record SparkPod(Integer instances, Integer cores, String memory, String memoryOverhead, String serviceAccount,
            Long terminationGracePeriodSeconds,
            Map<String, String> labels, PodSecurityContext podSecurityContext, List<VolumeMount> volumeMounts) {}

    @Test
    void everyManifestIsWhatItsKindTakes() throws Exception {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<Path> manifests = files.filter(file -> file.toString().endsWith(".yaml")).toList();
            assertEquals(5, manifests.size());
            for (Path manifest : manifests) {
                objects(manifest);
            }
        }
    }

    @Test
    void aFieldThatDoesNotExistIsSeen() {
        for (String wrong : new String[] {"apiVersion: v1\nkind: Pod\nspec: {container: []}", "apiVersion: sparkoperator.k8s.io/v1beta2\n"
                + "kind: ScheduledSparkApplication\nspec: {template: {driver: {securityContext: {}}}}"}) {
            assertThrows(UnrecognizedPropertyException.class, () -> read(YAML.readTree(wrong)));
        }
    }

    @Test
    void theSecretsAndPortsAreThoseOfEveryCluster() throws Exception {
        Properties kubernetes = properties("kubernetes");
        for (String cluster : new String[] {"standalone", "yarn"}) {
            Properties other = properties(cluster);
            kubernetes.forEach((key, value) -> {
                if (!key.toString().startsWith("spark.kubernetes.") && !key.equals("spark.submit.deployMode")) {
                    assertEquals(value, other.get(key), key + " on " + cluster);
                }
            });
        }
        Application application = one("scheduled-spark-application.yaml", ScheduledSparkApplication.class).spec().template();
        Map<String, String> fromOperator = new TreeMap<>(application.sparkConf());
        Map<String, String> expected = kubernetes.entrySet().stream()
                .filter(entry -> !entry.getKey().toString().matches("spark\\.(kubernetes|submit)\\..*|spark\\.executor\\.(cores|memory.*)"))
                .collect(Collectors.toMap(entry -> entry.getKey().toString(), entry -> entry.getValue().toString(), (a, b) -> a,
                        TreeMap::new));
        assertEquals(expected, fromOperator);
        assertEquals(Mmard.class.getName(), application.mainClass());
        assertEquals(kubernetes.get("spark.executor.memory"), application.executor().memory());
        assertEquals(kubernetes.get("spark.executor.memoryOverhead"), application.executor().memoryOverhead());
    }

    @Test
    void theNetworkPolicyOpensThePortsOfTheProperties() throws Exception {
        Properties properties = properties("kubernetes");
        int further = Integer.parseInt(properties.getProperty("spark.port.maxRetries"));
        Set<String> wanted = new TreeSet<>();
        for (String key : new String[] {"spark.driver.port", "spark.driver.blockManager.port", "spark.blockManager.port"}) {
            int first = Integer.parseInt(properties.getProperty(key));
            wanted.add("TCP " + first);
            wanted.add("TCP " + (first + further));
        }
        for (String end : properties.getProperty("spark.mmard.ports").split("-")) {
            wanted.add("TCP " + end);
        }
        List<NetworkPolicyPort> open = one("network-policy.yaml", NetworkPolicy.class).getSpec().getIngress().get(0).getPorts();
        for (String port : wanted) {
            int number = Integer.parseInt(port.substring(4));
            assertTrue(open.stream()
                    .anyMatch(range -> range.getProtocol().equals(port.substring(0, 3)) && range.getPort().getIntVal() <= number
                            && number <= range.getEndPort()),
                    port);
        }
    }

    @Test
    void everyPodHasTheLabelOfThePolicyAndNoRoot() throws Exception {
        Map<String, String> label = one("network-policy.yaml", NetworkPolicy.class).getSpec().getPodSelector().getMatchLabels();
        Pod pod = one("pod.yaml", Pod.class);
        assertEquals(label, pod.getMetadata().getLabels());
        List<PodSpec> pods = new ArrayList<>(List.of(pod.getSpec()));
        CronJob nightly = one("nightly-cronjob.yaml", CronJob.class);
        assertEquals(label, nightly.getSpec().getJobTemplate().getSpec().getTemplate().getMetadata().getLabels());
        pods.add(nightly.getSpec().getJobTemplate().getSpec().getTemplate().getSpec());
        for (PodSpec spec : pods) {
            assertTrue(spec.getSecurityContext().getRunAsNonRoot());
        }
        Application application = one("scheduled-spark-application.yaml", ScheduledSparkApplication.class).spec().template();
        for (SparkPod spec : List.of(application.driver(), application.executor())) {
            assertEquals(label, spec.labels());
        }
        Properties properties = properties("kubernetes");
        label.forEach((key, value) -> {
            assertEquals(value, properties.get("spark.kubernetes.driver.label." + key));
            assertEquals(value, properties.get("spark.kubernetes.executor.label." + key));
        });
    }

    @Test
    void driversActAsTheAccountThatMay() throws Exception {
        List<Object> objects = objects(FOLDER.resolve("rbac.yaml"));
        String account = ((ServiceAccount) objects.get(0)).getMetadata().getName();
        RoleBinding binding = (RoleBinding) objects.get(2);
        assertEquals(account, binding.getSubjects().get(0).getName());
        assertEquals(((Role) objects.get(1)).getMetadata().getName(), binding.getRoleRef().getName());
        assertEquals(account, properties("kubernetes").get("spark.kubernetes.authenticate.driver.serviceAccountName"));
        assertEquals(account,
                one("scheduled-spark-application.yaml", ScheduledSparkApplication.class).spec().template().driver().serviceAccount());
        assertEquals(account, one("nightly-cronjob.yaml", CronJob.class).getSpec().getJobTemplate().getSpec().getTemplate().getSpec()
                .getServiceAccountName());
    }

    private static <T> T one(String file, Class<T> kind) throws IOException {
        List<Object> objects = objects(FOLDER.resolve(file));
        assertEquals(1, objects.size(), file);
        return kind.cast(objects.get(0));
    }

    private static List<Object> objects(Path manifest) throws IOException {
        List<Object> objects = new ArrayList<>();
        try (YAMLParser parser = ((YAMLFactory) YAML.getFactory()).createParser(manifest.toFile())) {
            for (JsonNode document : YAML.readValues(parser, JsonNode.class).readAll()) {
                objects.add(read(document));
            }
        }
        return objects;
    }

    private static Object read(JsonNode document) throws IOException {
        String kind = document.path("apiVersion").asText() + "/" + document.path("kind").asText();
        assertNotNull(KINDS.get(kind), kind);
        return YAML.treeToValue(document, KINDS.get(kind));
    }

    private static Properties properties(String cluster) throws IOException {
        Properties properties = new Properties();
        try (var in = Files.newBufferedReader(Shell.CHECKOUT.resolve("deploy/" + cluster + "/spark-defaults.conf"))) {
            properties.load(in);
        }
        return properties;
    }
}
