import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.elasticsearch.Build;
import org.elasticsearch.bootstrap.BootstrapInfo;
import org.elasticsearch.cluster.ClusterName;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.logging.LogManager;
import org.elasticsearch.nativeaccess.NativeAccess;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Starts an Elasticsearch node. Upstream's own start needs its command line program and its sandbox of the plugins, and
 * neither is published as a Maven artifact.
 *
 * Arguments: the folder of the server, the folder of its configuration, and settings as {@code name=value},
 * or {@code --version}.
 */
public final class Launcher {
    private static final String UPPER_CASE = "ES_SETTING_";
    private static final Pattern DOTTED = Pattern.compile("[-a-z0-9_]+(\\.[-a-z0-9_]+)+");

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 2 && arguments[2].equals("--version")) {
            System.out.println("Version: " + Build.current().qualifiedVersion() + ", Build: docker, JVM: " + Runtime.version());
            return;
        }
        try {
            run(Path.of(arguments[0]), Path.of(arguments[1]), settings(arguments));
        } catch (Throwable problem) {
            System.err.println("fatal exception while booting Elasticsearch");
            problem.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(Path home, Path config, Map<String, String> settings) throws Exception {
        LogConfigurator.registerErrorListener();
        BootstrapInfo.init();
        LogConfigurator.configureESLogging();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            Settings.builder().put("path.home", home.toString()).build(), settings, config, Launcher::hostName);
        LogConfigurator.setClusterName(ClusterName.CLUSTER_NAME_SETTING.get(environment.settings()).value());
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(environment.settings()));
        LogConfigurator.configure(environment, true);
        // As upstream: the server starts no other program, and the kernel sees to it.
        NativeAccess.instance().tryInstallExecSandbox();
        Thread.setDefaultUncaughtExceptionHandler(Launcher::endOnErrors);

        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir(), false),
            PluginsLoader.loadPluginsBundles(environment.pluginsDir(), false), Map.of());
        Node node = new Node(environment, plugins);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.prepareForClose();
                node.close();
                node.awaitClose(10, TimeUnit.SECONDS);
            } catch (Exception problem) {
                problem.printStackTrace();
            }
            stopped.countDown();
        }, "elasticsearch-shutdown"));
        node.start();
        stopped.await();
    }

    /** After an error (no memory, no disk underneath, a bug) nothing that the server says can be trusted. */
    private static void endOnErrors(Thread thread, Throwable problem) {
        LogManager.getLogger(Launcher.class).error("uncaught exception in thread [" + thread.getName() + "]", problem);
        if (problem instanceof Error) Runtime.getRuntime().halt(1);
    }

    /** Settings of the environment, {@code a.b_c=…} or {@code ES_SETTING_A_B__C=…}, and then those of the arguments. */
    private static Map<String, String> settings(String[] arguments) {
        Map<String, String> settings = new HashMap<>();
        System.getenv().forEach((name, value) -> {
            if (name.startsWith(UPPER_CASE)) settings.put(dotted(name.substring(UPPER_CASE.length())), value);
            else if (DOTTED.matcher(name).matches() && !value.isEmpty()) settings.put(name, value);
        });
        for (int i = 2; i < arguments.length; i++) {
            String[] setting = arguments[i].split("=", 2);
            if (setting.length < 2) throw new IllegalArgumentException("-E wants name=value, not " + arguments[i]);
            settings.put(setting[0], setting[1]);
        }
        return settings;
    }

    /** {@code A_B__C} is {@code a.b_c}. */
    private static String dotted(String name) {
        return name.replace("__", "\0").replace('_', '.').replace('\0', '_').toLowerCase(Locale.ROOT);
    }

    private static String hostName() {
        String name = System.getenv("HOSTNAME");
        return name == null || name.isEmpty() ? "elasticsearch" : name;
    }
}
