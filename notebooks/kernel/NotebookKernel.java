import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;

/** Starts rapaio-jupyter-kernel as its own main class does, but so that it comes up on a busy machine too. */
public final class NotebookKernel {
    private NotebookKernel() {}

    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.WARNING);
        Channels channels = new Channels(Transform.fromJson(Files.readString(Path.of(arguments[0])), ConnectionProperties.class));
        // The sockets open before the kernel has its table of who answers to what. A question that comes in between meets null and ends the thread that
        // listens, for good; with an empty table it is passed over, and Jupyter asks again.
        field(Channels.class, "handlers").set(channels, new HashMap<>());
        endWithJupyter();
        try {
            channels.connect(MainApp.kernel);
        } catch (RuntimeException e) {
            // A port that another process has taken. The sockets that did open have threads of their own: Jupyter would wait for them until its time is up.
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        reviveLoops(channels);
        channels.joinUntilClose();
    }

    /**
     * A channel's thread runs while a flag is set, which is set only after the thread was started: on a busy machine the thread can be quicker, and ends at once.
     * Its loop is then run by another thread; by now the flag is set.
     */
    private static void reviveLoops(Channels channels) throws ReflectiveOperationException, InterruptedException {
        for (String name : new String[] {"shell", "control", "heartbeat"}) {
            Object channel = field(Channels.class, name).get(channels);
            Thread loop = (Thread) field(channel.getClass(), "loopThread").get(channel);
            loop.join(100);
            if (!loop.isAlive()) {
                new Thread(loop::run, loop.getName()).start();
            }
        }
    }

    private static Field field(Class<?> type, String name) throws NoSuchFieldException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** A Jupyter that is killed cannot tell its kernels to end: they would stay for ever. It names itself in the environment. */
    private static void endWithJupyter() {
        String jupyter = System.getenv("JPY_PARENT_PID");
        if (jupyter != null) {
            ProcessHandle.of(Long.parseLong(jupyter)).ifPresentOrElse(
                    process -> process.onExit().thenRun(() -> Runtime.getRuntime().halt(1)), () -> Runtime.getRuntime().halt(1));
        }
    }
}
