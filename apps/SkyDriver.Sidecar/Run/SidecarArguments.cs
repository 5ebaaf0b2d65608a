using System.Globalization;
using System.Net;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Run;

/// <summary>The command line of a sidecar for one app that somebody else starts; names, defaults and variables are daprd's.</summary>
/// <param name="Ignored">Options that are daprd's but have no meaning here.</param>
internal sealed record SidecarArguments(
    InstanceSettings Settings, IReadOnlyList<string> ResourcePaths, IReadOnlyList<string> ConfigFiles, IReadOnlyList<string> Ignored, HostLogging Logging)
{
    private const int DefaultHttpPort = 3500;
    private const int DefaultGrpcPort = 50001;

    private static readonly HashSet<string> Meaningless =
    [
        "mode", "placement-host-address", "scheduler-host-address", "scheduler-stream-port", "actors-service", "reminders-service", "dapr-internal-grpc-port",
        "dapr-internal-grpc-listen-address", "dapr-public-port", "dapr-public-listen-address", "metrics-port", "metrics-listen-address", "profile-port", "sentry-address",
        "allowed-origins", "control-plane-address", "control-plane-namespace", "control-plane-trust-domain", "trust-anchors", "trust-anchors-file", "kubeconfig", "runtime-path",
    ];

    private static readonly HashSet<string> Switches =
    [
        "enable-app-health-check", "enable-api-logging", "enable-mtls", "enable-profiling", "enable-metrics", "log-as-json", "app-ssl", "disable-builtin-k8s-secret-store",
    ];

    /// <summary>Whether an option, named without dashes, may stand without a value.</summary>
    public static bool IsSwitch(string name) => Switches.Contains(name);

    /// <param name="variable">Looks up the environment.</param>
    /// <exception cref="FormatException">Something is wrong; all of it is said.</exception>
    public static SidecarArguments Parse(IReadOnlyList<string> arguments, Func<string, string?> variable)
    {
        Reader reader = new(arguments);
        AppHealthSettings health = AppHealthSettings.Default;
        health = health with
        {
            Path = reader.Text("app-health-check-path") ?? health.Path,
            Interval = TimeSpan.FromSeconds(reader.Number("app-health-probe-interval", 5, 1, 3600)),
            Timeout = TimeSpan.FromMilliseconds(reader.Number("app-health-probe-timeout", 500, 1, 600_000)),
            Threshold = reader.Number("app-health-threshold", 3, 1, 1000),
        };
        string protocol = reader.Text("app-protocol") ?? "http";
        if (protocol is not ("http" or "https" or "h2c")) reader.Fault($"--app-protocol: '{protocol}' is not supported here; use http, https or h2c");
        InstanceSettings settings = new()
        {
            AppId = reader.Text("app-id") ?? "",
            Namespace = variable("NAMESPACE") is { Length: > 0 } name ? name : "default",
            AppPort = reader.Number("app-port", 0, 0, ushort.MaxValue),
            AppProtocol = reader.Switch("app-ssl") ? "https" : protocol,
            AppChannelAddress = reader.Text("app-channel-address") ?? "127.0.0.1",
            AppMaxConcurrency = reader.Number("app-max-concurrency", -1, -1, int.MaxValue),
            HttpPort = reader.Number("dapr-http-port", DefaultHttpPort, 0, ushort.MaxValue),
            GrpcPort = reader.Number("dapr-grpc-port", DefaultGrpcPort, 0, ushort.MaxValue),
            ListenAddresses = reader.Addresses("dapr-listen-addresses"),
            SocketFolder = reader.Text("unix-domain-socket"),
            MaxBodySize = reader.Size("max-body-size", "dapr-http-max-request-size", 4 << 20),
            ReadBufferSize = (int)reader.Size("read-buffer-size", "dapr-http-read-buffer-size", 4 << 10),
            BlockShutdown = reader.Duration("dapr-block-shutdown-duration"),
            GracefulShutdown = TimeSpan.FromSeconds(reader.Number("dapr-graceful-shutdown-seconds", 5, 0, 3600)),
            HealthCheck = reader.Switch("enable-app-health-check") ? health : null,
            DisabledInitEndpoints = reader.Text("disable-init-endpoints")?.Split(',', StringSplitOptions.TrimEntries) ?? [],
            ApiLogging = reader.Switch("enable-api-logging"),
            ApiToken = variable("DAPR_API_TOKEN"),
            AppToken = variable("APP_API_TOKEN"),
        };
        if (settings.AppId.Length == 0) reader.Fault("--app-id: is missing");
        string[] resources = [.. reader.All("resources-path"), .. reader.All("components-path")];
        string level = reader.Text("log-level") ?? "";
        LogLevel? logLevel = level.ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" or "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "fatal" => LogLevel.Critical,
            _ => null,
        };
        if (level.Length > 0 && logLevel is null) reader.Fault($"--log-level: '{level}' is not known; use debug, info, warn, error or fatal");
        HostLogging logging = new(logLevel ?? LogLevel.Warning, reader.Switch("log-as-json"));
        SidecarArguments parsed = new(settings, resources, reader.All("config"), reader.Ignored, logging);
        reader.ThrowFaults();
        return parsed;
    }

    /// <summary>Options by name, with one or two dashes, their value after a space or an equals sign.</summary>
    private sealed class Reader
    {
        private readonly Dictionary<string, List<string>> _values = [];
        private readonly List<string> _faults = [];
        private readonly HashSet<string> _asked = [];

        public Reader(IReadOnlyList<string> arguments)
        {
            for (int i = 0; i < arguments.Count; i++)
            {
                string argument = arguments[i];
                string[] sides = argument.TrimStart('-').Split('=', 2);
                if (!argument.StartsWith('-') || sides[0].Length == 0) _faults.Add($"'{argument}': is no option");
                else if (sides.Length == 2) Add(sides[0], sides[1]);
                else if (Switches.Contains(sides[0])) Add(sides[0], "true");
                else if (i + 1 < arguments.Count) Add(sides[0], arguments[++i]);
                else _faults.Add($"{argument}: has no value");
            }
        }

        public IReadOnlyList<string> Ignored => [.. _values.Keys.Where(name => !_asked.Contains(name) && IsMeaningless(name))];

        public void Fault(string fault) => _faults.Add(fault);

        public string? Text(string name) => All(name) is { Length: > 0 } given && given[^1].Length > 0 ? given[^1] : null;

        public string[] All(string name)
        {
            _asked.Add(name);
            return _values.TryGetValue(name, out List<string>? given) ? [.. given] : [];
        }

        public bool Switch(string name)
        {
            string text = Text(name) ?? "false";
            if (bool.TryParse(text, out bool on)) return on;
            _faults.Add($"--{name}: '{text}' must be true or false");
            return false;
        }

        public int Number(string name, int fallback, int least, int most)
        {
            if (Text(name) is not { } text) return fallback;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
            _faults.Add($"--{name}: '{text}' must be a whole number from {least} to {most}");
            return fallback;
        }

        public TimeSpan Duration(string name)
        {
            if (Text(name) is not { } text) return TimeSpan.Zero;
            if (GoDuration.TryParse(text, out TimeSpan duration) && duration >= TimeSpan.Zero) return duration;
            _faults.Add($"--{name}: '{text}' must be a duration such as 30s");
            return TimeSpan.Zero;
        }

        /// <summary>Loopback when none is given: what Dapr's command line does for apps on one machine.</summary>
        public string[] Addresses(string name)
        {
            string[] given = Text(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
            foreach (string wrong in given.Where(a => !IPAddress.TryParse(a, out _))) _faults.Add($"--{name}: '{wrong}' must be an IP address");
            return given.Length > 0 ? given : [IPAddress.Loopback.ToString()];
        }

        /// <summary>Bytes, as a Kubernetes quantity: <c>4Mi</c>, <c>16M</c>, <c>4096</c>.</summary>
        /// <param name="formerName">The option's name in older versions, a number of Mi or Ki as the option's default is.</param>
        public long Size(string name, string formerName, long fallback)
        {
            if (Text(formerName) is not null) fallback = Number(formerName, 4, 1, 1024) * (fallback >= 1 << 20 ? 1L << 20 : 1L << 10);
            if (Text(name) is not { } text) return fallback;
            int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
            string unit = digits < 0 ? "" : text[digits..];
            long factor = unit switch { "" => 1, "k" => 1000, "Ki" => 1 << 10, "M" => 1_000_000, "Mi" => 1 << 20, "Gi" => 1 << 30, "G" => 1_000_000_000, _ => 0 };
            bool valid = long.TryParse(digits < 0 ? text : text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long number);
            if (valid && factor > 0 && number is > 0 and <= 2L << 30 && number * factor <= 2L << 30) return number * factor;
            _faults.Add($"--{name}: '{text}' must be a size up to 2Gi, such as 4Mi");
            return fallback;
        }

        public void ThrowFaults()
        {
            foreach (string name in _values.Keys.Where(name => !_asked.Contains(name) && !IsMeaningless(name))) _faults.Add($"--{name}: not known");
            if (_faults.Count > 0) throw new FormatException("sidecar: " + string.Join("; ", _faults));
        }

        private static bool IsMeaningless(string name) => Meaningless.Contains(name) || Switches.Contains(name);

        private void Add(string name, string value)
        {
            if (!_values.TryGetValue(name, out List<string>? given)) _values[name] = given = [];
            given.Add(value);
        }
    }
}
