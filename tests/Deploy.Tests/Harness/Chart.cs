using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Deploy.Tests.Harness;

/// <summary>The chart, and what it renders by the parts that Helm is made of.</summary>
internal static class Chart
{
    /// <summary>Sites whose values and manifests are kept with the chart.</summary>
    public static readonly string[] Sites = ["minimal", "rabbitmq-postgresql", "htcondor"];

    /// <summary>The least that renders.</summary>
    public const string Anonymous = "auth: { allowAnonymous: true }";

    private const string Packages = "/usr/share/gocode", Notes = "templates/NOTES.txt";

    private static readonly SemaphoreSlim Gate = new(1);
    private static string? _program;

    public static string Folder { get; } = Path.Combine(TestPaths.Repository, "charts", "skydriver");

    public static string ValuesOf(string site) => File.ReadAllText(Path.Combine(Folder, "examples", $"{site}.values.yaml"));

    public static string ExampleFile(string site) => Path.Combine(Folder, "examples", $"{site}.yaml");

    /// <summary>The manifests of a site as they are kept, which a test compares with what is rendered.</summary>
    public static string Example(string site) => File.ReadAllText(ExampleFile(site));

    /// <summary>Everything in one text, each object under the name of its template. Values that say nothing of auth are given what nothing renders without.</summary>
    public static async Task<string> RenderAsync(params string[] values) => Join((await RunAsync([new("it", Admitted(values))]))["it"]);

    /// <summary>Why these values are refused; null when they are not.</summary>
    public static async Task<string?> RefusalAsync(params string[] values) => (await RunAsync([new("it", Admitted(values))]))["it"].Error;

    public static async Task<string> NotesAsync(params string[] values) => (await RunAsync([new("it", Admitted(values))]))["it"].Files[Notes];

    /// <summary>Renders many cases in one process. Skips the test where Go or its packages are not installed.</summary>
    public static async Task<IReadOnlyDictionary<string, Outcome>> RunAsync(IReadOnlyList<Case> cases, string? folder = null)
    {
        string program = await BuildAsync();
        (int exitCode, string output, string errors) = await Programs.RunAsync(program, [folder ?? Folder], Folder, JsonSerializer.Serialize(cases));
        Assert.True(exitCode == 0, errors);
        return JsonSerializer.Deserialize<Dictionary<string, Outcome>>(output)!;
    }

    public static string Join(Outcome outcome)
    {
        Assert.True(outcome.Error is null, outcome.Error);
        StringBuilder text = new();
        foreach ((string file, string rendered) in outcome.Files.Where(f => f.Key != Notes && f.Value.Trim().Length > 0).OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            // Blank lines are what templates leave; they mean nothing in YAML but inside of texts, where we have none.
            string[] lines = [.. rendered.Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0)];
            text.Append("---\n# Source: skydriver/").Append(file).Append('\n').AppendJoin('\n', lines.SkipWhile(l => l == "---")).Append('\n');
        }

        return text.ToString();
    }

    private static string[] Admitted(string[] values) => values.Any(v => v.Contains("auth:", StringComparison.Ordinal)) ? values : [Anonymous, .. values];

    private static async Task<string> BuildAsync()
    {
        Assert.SkipUnless(Programs.IsThere("go"), "Go is not here (Debian: golang-go)");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Packages, "src/github.com/Masterminds/sprig")) && Directory.Exists(Path.Combine(Packages, "src/sigs.k8s.io/yaml")) && Directory.Exists(Path.Combine(Packages, "src/github.com/xeipuuv/gojsonschema")),
            "the Go packages that Helm is made of are not here (Debian: golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev golang-github-xeipuuv-gojsonschema-dev)");
        await Gate.WaitAsync();
        try
        {
            return _program ??= await CompileAsync();
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Offline, from Debian's sources.</summary>
    private static async Task<string> CompileAsync()
    {
        string artifacts = Path.Combine(TestPaths.Repository, "artifacts", "render"), program = Path.Combine(artifacts, "render");
        Directory.CreateDirectory(artifacts);
        Dictionary<string, string> settings = new() { ["GO111MODULE"] = "off", ["GOPATH"] = Packages, ["GOCACHE"] = Path.Combine(artifacts, "cache"), ["GOFLAGS"] = "", ["GOPROXY"] = "off" };
        (int exitCode, _, string errors) = await Programs.RunAsync("go", ["build", "-o", program, "."], Path.Combine(TestPaths.Repository, "tests", "Deploy.Tests", "render"), environment: settings);
        Assert.True(exitCode == 0, errors);
        return program;
    }
}

/// <param name="Values">YAML texts, the later ones over the earlier.</param>
internal sealed record Case([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("values")] IReadOnlyList<string> Values)
{
    [JsonPropertyName("release")]
    public string Release { get; init; } = "skydriver";

    [JsonPropertyName("namespace")]
    public string Namespace { get; init; } = "skydriver";

    [JsonPropertyName("kubeVersion")]
    public string KubeVersion { get; init; } = "v1.32.0";

    [JsonPropertyName("apiVersions")]
    public IReadOnlyList<string> ApiVersions { get; init; } = [];

    /// <summary>A path that is nowhere in the values is an error; Helm prints nothing for it.</summary>
    [JsonPropertyName("strict")]
    public bool IsStrict { get; init; } = true;
}

internal sealed record Outcome
{
    [JsonPropertyName("files")]
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    [JsonPropertyName("error")]
    public string? Error { get; init; }
}
