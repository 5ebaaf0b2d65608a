namespace SkyDriver.Sidecar.Run;

/// <summary>Options of a sidecar that a run hands on as they are: <c>dapr run</c> names them as daprd does, a run file has names of its own.</summary>
internal static class PassedOptions
{
    /// <summary>Key of a run file, and the option it stands for. The sizes have two names each: one of today and one of older versions.</summary>
    private static readonly (string Key, string Option)[] All =
    [
        ("apiListenAddresses", "dapr-listen-addresses"), ("unixDomainSocket", "unix-domain-socket"), ("enableApiLogging", "enable-api-logging"),
        ("maxBodySize", "max-body-size"), ("daprHTTPMaxRequestSize", "dapr-http-max-request-size"),
        ("readBufferSize", "read-buffer-size"), ("daprHTTPReadBufferSize", "dapr-http-read-buffer-size"),
        ("enableAppHealthCheck", "enable-app-health-check"), ("appHealthCheckPath", "app-health-check-path"), ("appHealthProbeInterval", "app-health-probe-interval"),
        ("appHealthProbeTimeout", "app-health-probe-timeout"), ("appHealthThreshold", "app-health-threshold"),
    ];

    /// <summary>Whether <c>dapr run</c> hands this option on.</summary>
    /// <param name="name">Without dashes.</param>
    public static bool Contains(string name) => Array.Exists(All, o => o.Option == name);

    /// <summary>Reads the keys of one app of a run file.</summary>
    /// <param name="value">Looks up a key; null when it is not there.</param>
    /// <param name="fault">Told of each key whose value is wrong.</param>
    /// <returns>Words of a command line.</returns>
    public static IReadOnlyList<string> Read(Func<string, string?> value, Action<string, string> fault)
    {
        List<string> words = [];
        foreach ((string key, string option) in All)
        {
            // What a run file takes for "as usual".
            if (value(key) is not { } text || text is "0" or "-1") continue;
            string word = $"--{option}={text}";
            if (Fault(word) is { } why) fault(key, why);
            else words.Add(word);
        }

        return words;
    }

    /// <summary>What is wrong with one option; null when nothing is.</summary>
    private static string? Fault(string word)
    {
        try
        {
            SidecarArguments.Parse(["--app-id=app", word], static _ => null);
            return null;
        }
        catch (FormatException wrong)
        {
            return wrong.Message[(wrong.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..];
        }
    }
}
