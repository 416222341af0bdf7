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
        Field table = Channels.class.getDeclaredField("handlers");
        table.setAccessible(true);
        table.set(channels, new HashMap<>());
        channels.connect(MainApp.kernel);
        channels.joinUntilClose();
    }
}
