namespace SkyDriver.Conformance.Tests;

/// <summary>The components of the suites, the same for every target.</summary>
internal static class Resources
{
    private static readonly string Project = Path.Combine(TestPaths.Repository, "tests", "Conformance.Tests");

    /// <summary>Those that need a server are among them where the server's variable is set.</summary>
    public static IReadOnlyList<string> Folders { get; } =
    [
        Path.Combine(Project, "resources"),
        .. Server("postgresql", "CONFORMANCE_POSTGRESQL"),
        .. Server("rabbitmq", "CONFORMANCE_RABBITMQ"),
    ];

    public static string Configuration { get; } = Path.Combine(Project, "configuration.yaml");

    /// <summary>What the components read of the sidecar's environment.</summary>
    public static Dictionary<string, string> Variables(int appPort) => new()
    {
        ["CONFORMANCE_APP_URL"] = Loopback.Url(appPort),
        ["CONFORMANCE_SECRETS_FILE"] = Path.Combine(Project, "secrets.json"),
        ["CONFORMANCE_SECRET_WORD"] = "xyzzy",
    };

    private static string[] Server(string folder, string variable) =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)) ? [] : [Path.Combine(Project, "resources", folder)];
}
