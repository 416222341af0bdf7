package org.mmard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * What a program or a jar of somebody else's uses is explained: each public type, and each public method that overrides none, has a comment.
 * (javac's own check, {@code -Xdoclint:missing}, wants a line for every parameter too, also where its name says all.)
 */
class DocumentationTest {
    private static final Path SOURCES = Path.of("src/main/java/org/mmard");
    private static final List<String> ROOMS = List.of("app", "ml", "registry");
    /** Elsewhere: what outside code implements, and what it is handed. */
    private static final List<String> TYPES = List.of("train.TrainingListener", "train.StepListener", "train.StopRequest",
            "data.DataSource", "data.DataFormat", "data.ImageSet", "data.ImageShape", "method.OuterLoss", "method.InnerObjective",
            "method.TrainingProgress", "attack.AttackFactory", "attack.Attack", "attack.Examples", "attack.RandomSource",
            "attack.Evaluation", "attack.Robustness", "attack.Outcome", "attack.Evaluator", "model.Architecture", "model.GraphPlan",
            "step.RateSchedule", "loss.Term", "loss.DeviceTerm", "loss.Prediction", "loss.Predictions", "loss.DevicePredictions",
            "loss.WeightedSum", "engine.Logits", "engine.Classifier", "failure.InputError", "failure.RunStopped");

    @Test
    void whatOthersUseHasComments() throws IOException {
        List<Path> sources = new ArrayList<>(TYPES.stream().map(type -> SOURCES.resolve(type.replace('.', '/') + ".java")).toList());
        for (String room : ROOMS) {
            try (Stream<Path> files = Files.list(SOURCES.resolve(room))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Missing missing = new Missing();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            JavacTask task = (JavacTask) compiler.getTask(null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
            missing.docs = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                missing.scan(unit, null);
            }
        }
        assertEquals(List.of(), missing.found);
        assertTrue(missing.seen > 200, missing.seen + " types and methods");
    }

    private static final class Missing extends TreePathScanner<Void, ClassTree> {
        private final List<String> found = new ArrayList<>();
        private DocTrees docs;
        private int seen;

        @Override
        public Void visitClass(ClassTree type, ClassTree around) {
            boolean anonymous = type.getSimpleName().isEmpty();
            if (!anonymous && isOpen(type.getModifiers(), around)) {
                require(type.getSimpleName().toString());
                super.visitClass(type, type);
            }
            return null;
        }

        @Override
        public Void visitMethod(MethodTree method, ClassTree type) {
            boolean overrides = method.getModifiers().getAnnotations().stream()
                    .anyMatch(each -> "Override".equals(each.getAnnotationType().toString()));
            // A record's constructor is explained where its components are.
            boolean ofRecord = method.getReturnType() == null && type.getKind() == Tree.Kind.RECORD;
            if (isOpen(method.getModifiers(), type) && !overrides && !ofRecord) {
                require(type.getSimpleName() + "." + method.getName());
            }
            return null;
        }

        private static boolean isOpen(ModifiersTree modifiers, ClassTree around) {
            return modifiers.getFlags().contains(Modifier.PUBLIC)
                    || (around != null && around.getKind() == Tree.Kind.INTERFACE && !modifiers.getFlags().contains(Modifier.PRIVATE));
        }

        private void require(String what) {
            seen++;
            if (docs.getDocComment(getCurrentPath()) == null) {
                found.add(what);
            }
        }
    }
}
