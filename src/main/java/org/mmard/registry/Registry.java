package org.mmard.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.mmard.failure.InputError;

/**
 * All things of one kind by their names: the built-in ones, then those that jars on the class path bring as {@link ServiceLoader} services
 * of that kind ({@code META-INF/services/} and the kind's name). Spark puts the jars of {@code --jars} on the class path of driver and
 * executors alike.
 *
 * @param <T> the kind, a public interface; an implementation from outside is a public class with a public constructor without parameters
 */
public final class Registry<T extends Named> {
    private final Class<T> kind;
    private final String title;
    private final List<T> builtIn;

    /**
     * @param title what one is called in messages, such as {@code attack}
     * @param builtIn in the order in which messages list them
     */
    public Registry(Class<T> kind, String title, List<? extends T> builtIn) {
        this.kind = kind;
        this.title = title;
        this.builtIn = List.copyOf(builtIn);
    }

    /**
     * Everything there is now. Looked up anew each time, in the class loader of the calling thread: an application's jars may come later
     * than this class.
     *
     * @throws InputError where a jar's entry cannot be used, or two things have the same name
     */
    public List<T> all() {
        List<T> all = new ArrayList<>(builtIn);
        try {
            ServiceLoader.load(kind, loader()).forEach(all::add);
        } catch (ServiceConfigurationError e) {
            throw new InputError("a class that a jar on the class path brings as " + title + " cannot be used: " + e.getMessage()
                    + (e.getCause() == null ? "" : " (" + e.getCause() + ")") + "; mend or remove it", e);
        }
        Map<String, T> byName = new HashMap<>();
        for (T one : all) {
            String name = Outside.ask(one, () -> Objects.requireNonNull(one.name(), "it has no name"));
            T other = byName.put(name, one);
            if (other != null) {
                throw new InputError("two classes bring the " + title + " '" + name + "': " + other.getClass().getName()
                        + " and " + one.getClass().getName() + "; give one of them another name");
            }
        }
        return all;
    }

    /** The one of this name; nothing where there is none. */
    public Optional<T> find(String name) {
        return all().stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /** All names, separated by commas, for messages. */
    public String names() {
        return all().stream().map(Named::name).collect(Collectors.joining(", "));
    }

    private ClassLoader loader() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return context == null ? kind.getClassLoader() : context;
    }
}
